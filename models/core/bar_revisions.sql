{{ config(materialized='view') }}

with bars_1m as (
    select * from {{ revisions_of(ref('bars_1m')) }}
),

bars_intraday as (
    select * from {{ revisions_of(ref('bars_intraday')) }}
),

bars_1d as (
    select * from {{ revisions_of(ref('bars_1d')) }}
),

revisions as (
    select
        -- keys
        instrument_id,
        '1m' as timeframe,
        bar_start_at,
        session_date,
        revised_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        -- activity
        volume,
        trade_count,
        -- flags
        is_final,
        -- lineage
        provider,
        feed,
        load_id,
        loaded_at
    from bars_1m
    union all
    select
        -- keys
        instrument_id,
        timeframe,
        bar_start_at,
        session_date,
        revised_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        -- activity
        volume,
        trade_count,
        -- flags
        is_final,
        -- lineage
        provider,
        feed,
        load_id,
        loaded_at
    from bars_intraday
    union all
    select
        -- keys
        instrument_id,
        '1d' as timeframe,
        bar_start_at,
        session_date,
        revised_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        -- activity
        volume,
        trade_count,
        -- flags
        is_final,
        -- lineage
        provider,
        feed,
        load_id,
        loaded_at
    from bars_1d
)

select * from revisions
