{#- Renders a predicate: retention dropped the part of the table that the bar belongs to.
    bars: alias with timeframe and a time. moment: SQL expression, an instant of the bar. -#}
{% macro lies_in_lake_alone(bars, moment='bar_start_at') -%}
    coalesce({{ bars }}.{{ moment }} <@ {{ ranges_in_lake_alone(bars) }}, false)
{%- endmacro %}
