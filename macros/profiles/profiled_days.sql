{#- Renders a select statement: what the bars of each session day look like, one row per
    instrument, timeframe and day.
    bars: CTE of `compared_bars`. -#}
{% macro profiled_days(bars) -%}
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        -- prices
        round(
            exp(avg(ln(close::double precision)))::numeric, 10
        )::double precision as typical_close,
        max(high)::numeric(38, 18) as highest,
        last(bar_start_at, high) as highest_at,
        min(low)::numeric(38, 18) as lowest,
        first(bar_start_at, low) as lowest_at,
        -- activity
        count(*) as bar_count,
        avg(volume::double precision) as mean_volume,
        max(volume)::numeric(38, 18) as largest_volume,
        last(bar_start_at, volume) as largest_volume_at,
        count(*) filter (where is_repeat) as repeat_count,
        -- times
        range_agg(
            tstzrange(covered_from_at, covered_from_at + {{ bar_length('timeframe') }})
        ) as covered
    from {{ bars }}
    -- in this order as `compared_bars` has them, but for the timeframe
    group by instrument_id, session_date, timeframe
{%- endmacro %}
