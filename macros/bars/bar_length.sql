{#- Renders an interval expression: the length of a bar.
    timeframe: SQL expression of a timeframe of the landing contract. Written out, because
    it is asked of every bar. An unknown one gives null. -#}
{% macro bar_length(timeframe) -%}
    case {{ timeframe }}
        when '1m' then interval '1 minute'
        when '1d' then interval '1 day'
        when '5m' then interval '5 minutes'
        when '15m' then interval '15 minutes'
        when '30m' then interval '30 minutes'
        when '1h' then interval '1 hour'
        when '4h' then interval '4 hours'
    end
{%- endmacro %}
