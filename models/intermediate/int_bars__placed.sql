-- Pending bars with their instrument and session day, and with them what a pending load
-- makes worth another look: everything that landed for a quarantined day that it touches,
-- and all split-restated bars of an instrument for which it brings a split.
with bars as (
    select * from {{ ref('stg_bars') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

open_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state = 'open'
),

splits as (
    select * from {{ ref('stg_splits') }}
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
),

touched_days as (
    select distinct
        open_days.instrument_id,
        open_days.timeframe,
        open_days.session_date
    from open_days
    inner join pending
        on
            open_days.instrument_id = pending.instrument_id
            and open_days.timeframe = pending.timeframe
            and open_days.session_date = pending.placed_on
),

reconsidered as (
    select
        bars.*,
        instrument_symbols.instrument_id,
        instruments.exchange as instrument_exchange,
        touched_days.session_date as placed_on,
        false as is_pending
    from touched_days
    inner join instrument_symbols
        on touched_days.instrument_id = instrument_symbols.instrument_id
    inner join instruments
        on instrument_symbols.instrument_id = instruments.instrument_id
    inner join bars
        on
            instrument_symbols.provider_symbol = bars.provider_symbol
            and instrument_symbols.provider = bars.provider
            and instrument_symbols.asset_class = bars.asset_class
            and touched_days.timeframe = bars.timeframe
            -- helps the index: a session starts and ends within two days of its date
            and bars.bar_start_at >= (touched_days.session_date - 2)::timestamptz
            and bars.bar_start_at < (touched_days.session_date + 3)::timestamptz
    left join exchanges on instruments.exchange = exchanges.exchange
    left join pending_loads on bars.load_id = pending_loads.load_id
    where
        pending_loads.load_id is null
        and {{ session_day('bars', 'exchanges') }} = touched_days.session_date
),

split_instruments as (
    select distinct instrument_symbols.instrument_id
    from splits
    inner join pending_loads on splits.load_id = pending_loads.load_id
    inner join instrument_symbols
        on
            splits.provider = instrument_symbols.provider
            and splits.asset_class = instrument_symbols.asset_class
            and splits.provider_symbol = instrument_symbols.provider_symbol
),

restated as (
    select
        bars.*,
        instrument_symbols.instrument_id,
        instruments.exchange as instrument_exchange,
        {{ session_day('bars', 'exchanges') }} as placed_on,
        false as is_pending
    from split_instruments
    inner join instrument_symbols
        on split_instruments.instrument_id = instrument_symbols.instrument_id
    inner join instruments
        on instrument_symbols.instrument_id = instruments.instrument_id
    inner join bars
        on
            instrument_symbols.provider_symbol = bars.provider_symbol
            and instrument_symbols.provider = bars.provider
            and instrument_symbols.asset_class = bars.asset_class
    left join exchanges on instruments.exchange = exchanges.exchange
    left join pending_loads on bars.load_id = pending_loads.load_id
    where
        pending_loads.load_id is null
        and bars.price_basis = 'split'
),

placed as (
    select * from pending
    union all
    select * from reconsidered
    union all
    select * from restated
)

select * from placed
