{#- Renders a predicate: an intraday bar starts while its session is open. Bars of
    extended scope may lie outside regular hours. Needs timeframe, session_scope,
    bar_start_at, bar_length, open_at, close_at, break_start_at and break_end_at in
    scope; true for daily bars, null without a session. A break counts only when the bar
    lies in it as a whole. -#}
{% macro bar_is_in_session() -%}
    timeframe = '1d'
    or session_scope = 'extended'
    or (
        bar_start_at >= open_at
        and bar_start_at < close_at
        and not (
            break_start_at is not null
            and bar_start_at >= break_start_at
            and bar_start_at + bar_length <= break_end_at
        )
    )
{%- endmacro %}
