{#- Renders a predicate: an intraday bar overlaps the regular session and does not lie in its
    break as a whole. Needs timeframe, bar_start_at, bar_length, open_at, close_at,
    break_start_at and break_end_at in scope; true for daily bars, null without a
    session. -#}
{% macro bar_is_regular() -%}
    timeframe = '1d'
    or (
        bar_start_at + bar_length > open_at
        and bar_start_at < close_at
        and not (
            break_start_at is not null
            and bar_start_at >= break_start_at
            and bar_start_at + bar_length <= break_end_at
        )
    )
{%- endmacro %}
