{#- Renders a select statement: the ranges in which rows lie, one per chunk of the hypertable.
    relation: the hypertable. rows: relation or CTE of the rows that changed.
    last_at, row_count: columns of rows that are summed up already, their latest time and
    number; without them each row counts. -#}
{% macro changed_ranges(relation, rows, last_at=none, row_count=none) -%}
    {%- set time_column = config.require('time_column') -%}
    select
        '{{ relation.schema }}.{{ relation.identifier }}',
        min({{ time_column }})::timestamptz,
        max({{ last_at or time_column }})::timestamptz + interval '1 microsecond',
        {{ 'sum(' ~ row_count ~ ')::bigint' if row_count else 'count(*)' }}
    from {{ rows }}
    group by time_bucket(interval '{{ config.require("chunk_interval") }}', {{ time_column }})
    order by 2
{%- endmacro %}
