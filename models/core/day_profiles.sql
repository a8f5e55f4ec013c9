{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'timeframe', 'session_date'],
    incremental_strategy='delete+insert',
    on_schema_change='fail',
    pre_hook=[
        '{{ keep_profiles_whole() }}',
        '{{ plan_for_many_rows() }}',
        '{{ hold_changed_days() }}',
        "{{ 'set local enable_nestloop = off' if many_days_changed() }}",
    ],
    post_hook=['{{ forget_changed_days() }}', '{{ analyze_if_changed(this) }}'],
) }}

-- What the published bars of each session day look like. Days whose bars changed since
-- the last build are looked at anew, with all that stands of them.
with noted_days as (
    select * from {{ ref('stg_changed_days') }}
),

changed_days as (
    select *
    from noted_days
    {%- if is_incremental() %}
    -- a day of which the lake alone holds a part keeps its profile
    where
        not exists (
            select 1
            from {{ this }} as known
            where
                {{ same_day('known', 'noted_days') }}
                and known.covered && {{ ranges_in_lake_alone('known') }}
        )
    {%- endif %}
),

bars_1m as (
    select * from {{ ref('bars_1m') }}
),

bars_intraday as (
    select * from {{ ref('bars_intraday') }}
),

bars_1d as (
    select * from {{ ref('bars_1d') }}
),

bars as (
    {{ standing_bars(
        ['open', 'high', 'low', 'close', 'volume'],
        days='changed_days' if is_incremental() else none
    ) }}
),

compared as (
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
    from bars
    window by_time as (
        partition by instrument_id, timeframe, session_date order by bar_start_at
    )
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
        count(*) filter (where is_repeat) as repeat_count,
        -- times
        range_agg(
            tstzrange(covered_from_at, covered_from_at + {{ bar_length('timeframe') }})
        ) as covered
    from compared
    group by instrument_id, timeframe, session_date
)

select * from profiles
