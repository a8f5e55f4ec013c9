-- Pending bars with their instrument and session day, and with them everything that
-- landed for a quarantined day that a pending load touches: the day is judged anew as a
-- whole.
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

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

pending as (
    select
        bars.*,
        instrument_symbols.instrument_id,
        {{ session_day('bars', 'exchanges') }} as placed_on,
        true as is_pending
    from bars
    inner join pending_loads on bars.load_id = pending_loads.load_id
    inner join instrument_symbols
        on
            bars.provider = instrument_symbols.provider
            and bars.asset_class = instrument_symbols.asset_class
            and bars.provider_symbol = instrument_symbols.provider_symbol
    left join exchanges on bars.exchange = exchanges.exchange
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
        touched_days.session_date as placed_on,
        false as is_pending
    from touched_days
    inner join instrument_symbols
        on touched_days.instrument_id = instrument_symbols.instrument_id
    inner join bars
        on
            instrument_symbols.provider_symbol = bars.provider_symbol
            and instrument_symbols.provider = bars.provider
            and instrument_symbols.asset_class = bars.asset_class
            and touched_days.timeframe = bars.timeframe
            -- helps the index: a session starts and ends within two days of its date
            and bars.bar_start_at >= (touched_days.session_date - 2)::timestamptz
            and bars.bar_start_at < (touched_days.session_date + 3)::timestamptz
    left join exchanges on bars.exchange = exchanges.exchange
    left join pending_loads on bars.load_id = pending_loads.load_id
    where
        pending_loads.load_id is null
        and {{ session_day('bars', 'exchanges') }} = touched_days.session_date
),

placed as (
    select * from pending
    union all
    select * from reconsidered
)

select * from placed
