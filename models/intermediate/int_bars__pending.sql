-- Bars of pending loads with their instrument and session day, less what was discarded.
with bars as (
    select * from {{ ref('stg_bars') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

pending as (
    select
        bars.*,
        instrument_symbols.instrument_id,
        instruments.exchange as instrument_exchange,
        {{ session_day('bars', 'exchanges') }} as placed_on,
        true as is_pending
    from bars
    inner join pending_loads on bars.load_id = pending_loads.load_id
    inner join instrument_symbols
        on
            bars.provider = instrument_symbols.provider
            and bars.asset_class = instrument_symbols.asset_class
            and bars.provider_symbol = instrument_symbols.provider_symbol
    inner join instruments
        on instrument_symbols.instrument_id = instruments.instrument_id
    left join exchanges on instruments.exchange = exchanges.exchange
    left join discarded_requests on bars.request_id = discarded_requests.request_id
    where discarded_requests.request_id is null
)

select * from pending
