{#- Renders a numeric expression: the volume-weighted average price of a rollup, from
    notional over volume; null when some of the volume came without one.
    rollup: alias with the columns notional, notional_volume and volume. -#}
{% macro vwap_of(rollup) -%}
    case
        when {{ rollup }}.notional_volume = {{ rollup }}.volume and {{ rollup }}.volume > 0
            then trim_scale(round({{ rollup }}.notional / {{ rollup }}.volume, 12))
    end
{%- endmacro %}
