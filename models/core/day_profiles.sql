{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'timeframe', 'session_date'],
    incremental_strategy='delete+insert',
    on_schema_change='fail',
    pre_hook='{{ plan_for_many_rows() }}',
) }}

-- What the accepted bars of each session day look like; only days of this build are
-- looked at. What a day's bars of another build say as well is not in it: a profile is
-- a yardstick, not a sum.
with bars as (
    select * from {{ ref('int_bars__accepted') }}
),

compared as (
    select
        *,
        volume > 0
        and volume = lag(volume) over by_time
        and open = lag(open) over by_time
        and high = lag(high) over by_time
        and low = lag(low) over by_time
        and close = lag(close) over by_time as is_repeat
    from bars
    window by_time as (partition by instrument_id, timeframe order by bar_start_at)
),

profiles as (
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
        count(*) filter (where is_repeat) as repeat_count
    from compared
    where low > 0
    group by instrument_id, timeframe, session_date
)

select * from profiles
