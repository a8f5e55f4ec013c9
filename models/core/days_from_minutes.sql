{{ config(materialized='view') }}

with minutes as (
    select * from {{ ref('rollup_1d') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

-- a session that spans midnight UTC has two parts
days as (
    select
        instrument_id,
        session_date,
        first(open, bucket_start_at) as open,
        max(high) as high,
        min(low) as low,
        last(close, bucket_start_at) as close,
        sum(volume) as volume,
        sum(notional) as notional,
        sum(notional_volume) as notional_volume,
        sum(trade_count)::bigint as trade_count,
        bool_and(is_final) as has_final_minutes
    from minutes
    group by instrument_id, session_date
),

-- a day whose minutes do not reach its close is still in progress; so is one of which
-- that is not known yet, while a build is on its way
judged as (
    select
        -- keys
        days.instrument_id,
        days.session_date,
        -- prices
        days.open,
        days.high,
        days.low,
        days.close,
        {{ vwap_of('days') }} as vwap,
        -- activity
        days.volume,
        days.trade_count,
        -- flags
        days.has_final_minutes
        and coalesce(
            days.session_date < latest_minutes.last_session_date
            or sessions.close_at <= latest_minutes.last_minute_at + interval '1 minute',
            false
        ) as is_final
    from days
    inner join instruments on days.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and days.session_date = sessions.session_date
    left join latest_minutes on days.instrument_id = latest_minutes.instrument_id
)

select * from judged
