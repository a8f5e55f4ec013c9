with symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbols as (
    select
        -- keys
        symbol_history.symbol,
        symbol_history.asset_class,
        symbol_history.valid_from_date,
        symbol_history.valid_to_date,
        -- meaning
        symbol_history.instrument_id,
        instruments.instrument,
        instruments.symbol as newest_symbol,
        instruments.asset_name,
        -- where it trades
        instruments.exchange,
        instruments.currency,
        instruments.timezone,
        instruments.tick_size
    from symbol_history
    inner join instruments on symbol_history.instrument_id = instruments.instrument_id
)

select * from symbols
