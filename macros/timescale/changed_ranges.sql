{#- Renders a select statement: the ranges in which rows lie, one per chunk of the hypertable. -#}
{% macro changed_ranges(relation, rows) -%}
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
