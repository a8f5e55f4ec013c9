{#- Renders a query: one row where bars of a day landed before the loads of this build. A
    session starts and ends within two days of its date: that lets the index help.
    days: alias with instrument_id, timeframe and session_date. -#}
{% macro earlier_bars_of(days) -%}
    select 1
    from {{ ref('int_symbols__placed') }} as placed
    inner join {{ ref('stg_bars') }} as bars
        on {{ is_placed('bars', 'placed', session_day('bars', 'placed')) }}
    left join {{ ref('int_loads__pending') }} as pending on bars.load_id = pending.load_id
    where
        placed.instrument_id = {{ days }}.instrument_id
        and bars.timeframe = {{ days }}.timeframe
        and bars.bar_start_at >= ({{ days }}.session_date - 2)::timestamptz
        and bars.bar_start_at < ({{ days }}.session_date + 3)::timestamptz
        and {{ session_day('bars', 'placed') }} = {{ days }}.session_date
        and pending.load_id is null
    limit 1
{%- endmacro %}
