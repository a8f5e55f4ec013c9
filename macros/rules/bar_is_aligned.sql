{#- Renders a predicate: an intraday bar starts on a multiple of its length, counted
    from midnight UTC or from the session's open. Needs the columns timeframe,
    bar_start_at, bar_length (interval) and open_at in scope; always true for daily
    bars, null without a session. -#}
{% macro bar_is_aligned() -%}
    timeframe = '1d'
    or date_bin(bar_length, bar_start_at, timestamptz '2000-01-01 00:00:00+00')
    = bar_start_at
    or date_bin(bar_length, bar_start_at, open_at) = bar_start_at
{%- endmacro %}
