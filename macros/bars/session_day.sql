{#- Renders a date expression: the session day a bar belongs to. A daily bar says it
    itself; an intraday bar belongs to the local day of its exchange, shifted where a
    session starts the evening before; without a known exchange the UTC day stands in.
    bars, exchanges: aliases of the bars and of the exchange's row, which may be
    missing. -#}
{% macro session_day(bars, exchanges) -%}
    coalesce(
        {{ bars }}.session_date,
        (
            ({{ bars }}.bar_start_at at time zone coalesce({{ exchanges }}.timezone, 'UTC'))
            + make_interval(hours => coalesce({{ exchanges }}.session_offset_hours, 0))
        )::date
    )
{%- endmacro %}
