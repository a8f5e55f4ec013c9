{#- Renders an integer expression: minutes from the session's open to the start of an
    intraday bar, negative before it; after the close, from the close. Longer bars are
    built by it, so that they count from the open and do not mix regular hours with those
    after. Null for daily bars and without a session. Needs timeframe, bar_start_at,
    open_at and close_at in scope. -#}
{% macro session_minute() -%}
    case
        when timeframe <> '1d'
            then floor(
                date_part(
                    'epoch',
                    bar_start_at - case when bar_start_at < close_at then open_at else close_at end
                ) / 60
            )::integer
    end
{%- endmacro %}
