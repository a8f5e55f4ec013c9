{#- Renders an interval expression: the length of a bar.
    timeframe: SQL expression of a timeframe such as '5m', '1h' or '1d'.
    An unknown unit gives null. -#}
{% macro bar_length(timeframe) -%}
    case right({{ timeframe }}, 1)
        when 'm' then make_interval(mins => left({{ timeframe }}, -1)::integer)
        when 'h' then make_interval(hours => left({{ timeframe }}, -1)::integer)
        when 'd' then make_interval(days => left({{ timeframe }}, -1)::integer)
    end
{%- endmacro %}
