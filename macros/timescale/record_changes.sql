{#- Runs a statement: note which time ranges changed, for the aggregates, and which
    loads and bases are in.
    relation: the hypertable. changes: the temporary table of `collect_changes`. -#}
{% macro record_changes(relation, changes) %}
    {% call statement('record_changes') -%}
        insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)
        {{ _changed_ranges(relation, changes) }};
        {{ register_loads(relation.schema ~ '.' ~ relation.identifier) }};
        {{ register_bases(relation.schema ~ '.' ~ relation.identifier) }}
    {%- endcall %}
{% endmacro %}

{#- Renders a select statement: the ranges in which rows lie, one per chunk of the hypertable. -#}
{% macro _changed_ranges(relation, rows) -%}
    {%- set time_column = config.require('time_column') -%}
    select
        '{{ relation.schema }}.{{ relation.identifier }}',
        min({{ time_column }})::timestamptz,
        max({{ time_column }})::timestamptz + interval '1 microsecond',
        count(*)
    from {{ rows }}
    group by time_bucket(interval '{{ config.require("chunk_interval") }}', {{ time_column }})
    order by 2
{%- endmacro %}
