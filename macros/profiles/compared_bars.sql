{#- Renders a select statement: published bars with the time they cover from
    (`covered_from_at`) and whether they repeat the one before (`is_repeat`).
    bars: CTE of `standing_bars`. -#}
{% macro compared_bars(bars) -%}
    select
        *,
        -- a reported day covers its date, whenever its provider lets it start
        case timeframe
            when '1d' then session_date::timestamp at time zone 'UTC'
            else bar_start_at
        end as covered_from_at,
        volume > 0
        and volume = lag(volume) over by_time
        and open = lag(open) over by_time
        and high = lag(high) over by_time
        and low = lag(low) over by_time
        and close = lag(close) over by_time as is_repeat
    from {{ bars }}
    window by_time as (
        partition by instrument_id, timeframe, session_date order by bar_start_at
    )
{%- endmacro %}
