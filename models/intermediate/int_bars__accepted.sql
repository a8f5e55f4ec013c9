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
        instrument_id,
        timeframe,
        session_date,
        bar_start_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        reported_basis,
        -- activity
        volume,
        trade_count,
        -- flags
        session_scope,
        session_minute,
        is_regular,
        is_final,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        load_id,
        loaded_at
    from bars
    -- asked of a hash, which costs nothing where it is empty, as it mostly is
    where
        (instrument_id, timeframe, session_date) not in (
            select
                held_days.instrument_id,
                held_days.timeframe,
                held_days.session_date
            from held_days
        )
)

select * from accepted
