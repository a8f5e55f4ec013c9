{#- Renders a predicate: both aliases speak of the same instrument, timeframe and day. -#}
{% macro same_day(left_alias, right_alias) -%}
    {%- for column in ['instrument_id', 'timeframe', 'session_date'] -%}
        {{ left_alias }}.{{ column }} = {{ right_alias }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
