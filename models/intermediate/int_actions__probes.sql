-- Where to look for prices around each ex-date: every spelling of the instrument, days
-- before minutes and longer bars. A dividend is measured by days alone.
with splits as (
    select * from {{ ref('int_actions__split_reports') }}
),

dividends as (
    select * from {{ ref('stg_dividends') }}
),

overrides as (
    select * from {{ ref('int_actions__overrides') }}
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

provider_priority as (
    select * from {{ ref('provider_priority') }}
),

timeframes as (
    select
        timeframe,
        place
    from
        unnest(array['1d', '1m', '5m', '15m', '30m', '1h', '4h'])
        with ordinality as listed (timeframe, place)
),

reported as (
    select
        instrument_id,
        ex_date,
        true as is_split
    from splits
    union all
    select
        instrument_id,
        ex_date,
        action_type = 'split' as is_split
    from overrides
    union all
    select
        instrument_symbols.instrument_id,
        dividends.ex_date,
        false as is_split
    from dividends
    inner join instrument_symbols
        on
            dividends.provider = instrument_symbols.provider
            and dividends.asset_class = instrument_symbols.asset_class
            and dividends.provider_symbol = instrument_symbols.provider_symbol
),

ex_dates as (
    select
        instrument_id,
        ex_date,
        bool_or(is_split) as is_split
    from reported
    group by instrument_id, ex_date
),

probes as (
    select
        -- keys
        ex_dates.instrument_id,
        ex_dates.ex_date,
        instrument_symbols.provider,
        instrument_symbols.asset_class,
        instrument_symbols.provider_symbol,
        timeframes.timeframe,
        -- order
        timeframes.place as timeframe_place,
        coalesce(provider_priority.priority, 1000) as provider_priority,
        -- times
        ex_dates.is_split,
        exchanges.timezone,
        exchanges.session_offset_hours
    from ex_dates
    inner join instrument_symbols
        on ex_dates.instrument_id = instrument_symbols.instrument_id
    inner join instruments on ex_dates.instrument_id = instruments.instrument_id
    inner join timeframes on ex_dates.is_split or timeframes.timeframe = '1d'
    left join exchanges on instruments.exchange = exchanges.exchange
    left join provider_priority
        on
            instrument_symbols.asset_class = provider_priority.asset_class
            and instrument_symbols.provider = provider_priority.provider
)

select * from probes
