{{ config(alias='bars_1m') }}

with bars as (
    select * from {{ ref('bars_1m') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

named as (
    select
        -- keys
        symbol_history.symbol,
        bars.bar_start_at,
        bars.instrument_id,
        bars.session_date,
        -- prices
        trim_scale(bars.open) as open,
        trim_scale(bars.high) as high,
        trim_scale(bars.low) as low,
        trim_scale(bars.close) as close,
        trim_scale(bars.vwap) as vwap,
        -- activity
        trim_scale(bars.volume) as volume,
        bars.trade_count,
        -- flags
        bars.is_final,
        bars.provider
    from bars
    inner join symbol_history
        on {{ has_symbol('bars', 'symbol_history') }}
)

select * from named
