{#- Renders a predicate: only the lake holds this part of the table that the bar belongs to,
    since retention dropped it. Nothing may be written there until it is restored: what
    stood is not here to be compared with, and aggregates over a part of a day would
    replace those over all of it. A full refresh makes the whole table anew.
    bars: alias with timeframe and a time. moment: SQL expression, an instant of the bar. -#}
{% macro bar_is_archived(bars, moment='bar_start_at') -%}
    {{ 'false' if flags.FULL_REFRESH else lies_in_lake_alone(bars, moment) }}
{%- endmacro %}
