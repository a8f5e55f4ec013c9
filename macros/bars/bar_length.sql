{#- Renders an interval expression: the length of a bar. Written out, because it is asked of
    every bar; an unknown timeframe gives null.
    timeframe: SQL expression of a timeframe of the landing contract. -#}
{% macro bar_length(timeframe) -%}
    case {{ timeframe }}
        {%- for name, length in timeframes().items() %}
        when '{{ name }}' then interval '{{ length }}'
        {%- endfor %}
    end
{%- endmacro %}
