-- What may be published: the bars of every session day on which no bar breaks a hard
-- rule.
with bars as (
    select * from {{ ref('int_bars__judged') }}
),

held_days as (
    select * from {{ ref('int_bars__held_days') }}
),

accepted as (
    select
        -- keys
        bars.instrument_id,
        bars.timeframe,
        bars.session_date,
        bars.bar_start_at,
        -- prices
        bars.open,
        bars.high,
        bars.low,
        bars.close,
        bars.vwap,
        bars.reported_basis,
        -- activity
        bars.volume,
        bars.notional,
        bars.trade_count,
        -- flags
        bars.session_scope,
        bars.session_minute,
        bars.is_regular,
        bars.is_final,
        -- lineage
        bars.provider,
        bars.provider_priority,
        bars.feed,
        bars.request_id,
        bars.source_row,
        bars.load_id,
        bars.loaded_at
    from bars
    left join held_days
        on
            bars.instrument_id = held_days.instrument_id
            and bars.timeframe = held_days.timeframe
            and bars.session_date = held_days.session_date
    where held_days.instrument_id is null
)

select * from accepted
