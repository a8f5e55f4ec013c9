{#- Renders a select statement: rows of bars by instrument, timeframe and session day, apart
    where chunks or months part them, each with its first time under the name of the time
    column, its last (`last_at`) and its number (`row_count`).
    rows: CTE of the rows. columns: the model's columns. -#}
{% macro rows_summed_up(rows, columns) -%}
    {%- set time_column = config.require('time_column') -%}
    {%- set named = ['instrument_id', 'timeframe', 'session_date'] | select('in', columns) | list -%}
    select
        {{ named | join(', ') }},
        {%- if time_column not in named %}
        min({{ time_column }}) as {{ time_column }},
        {%- endif %}
        max({{ time_column }}) as last_at,
        count(*) as row_count
    from {{ rows }}
    group by
        {{ named | join(', ') }},
        time_bucket(interval '{{ config.require("chunk_interval") }}', {{ time_column }}),
        time_bucket(interval '1 month', {{ time_column }})
{%- endmacro %}
