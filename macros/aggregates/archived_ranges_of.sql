{#- Renders a scalar subquery: the ranges of a hypertable that only the lake holds, as one
    multirange; null for none.
    name: the hypertable, `schema.name`. -#}
{% macro archived_ranges_of(name) -%}
    (
        select range_agg(tstzrange(archived.range_start_at, archived.range_end_at))
        from ops.archived_ranges as archived
        where archived.relation_name = '{{ name }}'
    )
{%- endmacro %}
