-- All that a bar or an action needs to know by its spelling: whose it is at which time,
-- where that trades, and how its provider ranks. For each spelling the rows cover all
-- of time without overlap; a day that no listing covers goes to the one before it, and
-- is judged as not listed.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
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

provider_traits as (
    select * from {{ ref('provider_traits') }}
),

spoken as (
    select
        *,
        row_number() over by_date as place,
        count(*) over (partition by asset_class, symbol) as listing_count,
        lead(valid_from_date) over by_date as next_from_date
    from symbol_history
    window by_date as (partition by asset_class, symbol order by valid_from_date)
),

placed as (
    select
        -- keys
        instrument_symbols.provider,
        instrument_symbols.asset_class,
        instrument_symbols.provider_symbol,
        case spoken.place when 1 then '0001-01-01'::date else spoken.valid_from_date end
            as speaks_from_date,
        coalesce(spoken.next_from_date - 1, '9999-12-31'::date) as speaks_until_date,
        -- whose
        spoken.instrument_id,
        spoken.listing_count = 1 as is_always,
        coalesce(provider_traits.symbols_as_of = 'fetch', false) as is_dated_by_fetch,
        case
            when provider_traits.symbols_as_of = 'fetch'
                then instruments.listed_from_date
            else spoken.valid_from_date
        end as listed_from_date,
        case
            when provider_traits.symbols_as_of = 'fetch'
                then instruments.listed_until_date
            else spoken.valid_to_date
        end as listed_until_date,
        -- where
        instruments.exchange,
        exchanges.timezone,
        exchanges.session_offset_hours,
        -- rank
        coalesce(provider_priority.priority, 1000)::integer as provider_priority
    from instrument_symbols
    inner join spoken
        on
            instrument_symbols.asset_class = spoken.asset_class
            and instrument_symbols.symbol = spoken.symbol
    inner join instruments on spoken.instrument_id = instruments.instrument_id
    left join exchanges on instruments.exchange = exchanges.exchange
    left join provider_traits on instrument_symbols.provider = provider_traits.provider
    left join provider_priority
        on
            instrument_symbols.asset_class = provider_priority.asset_class
            and instrument_symbols.provider = provider_priority.provider
)

select * from placed
