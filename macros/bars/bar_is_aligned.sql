{#- Renders a predicate: an intraday bar starts on a multiple of its length, counted
    from midnight UTC or from the session's open. Needs the columns timeframe,
    bar_start_at, bar_length (interval) and open_at in scope; always true for daily
    bars, null without a session. -#}
{% macro bar_is_aligned() -%}
    timeframe = '1d'
    or mod(extract(epoch from bar_start_at), extract(epoch from bar_length)) = 0
    or mod(
        extract(epoch from bar_start_at) - extract(epoch from open_at),
        extract(epoch from bar_length)
    ) = 0
{%- endmacro %}
