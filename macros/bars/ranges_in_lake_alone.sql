{#- Renders an expression: the parts, as a multirange, that retention dropped of the table with
    bars of a timeframe; null for none. No table of daily bars is ever dropped from.
    bars: alias with timeframe. -#}
{% macro ranges_in_lake_alone(bars) -%}
    case
        when {{ bars }}.timeframe = '1m' then {{ archived_ranges_of('core.bars_1m') }}
        when {{ bars }}.timeframe <> '1d' then {{ archived_ranges_of('core.bars_intraday') }}
    end
{%- endmacro %}
