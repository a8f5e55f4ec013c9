{{ config(
    materialized='incremental',
    unique_key=['instrument_id'],
    incremental_strategy='differences',
    on_schema_change='append_new_columns',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

with symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

instrument_facts as (
    select * from {{ ref('instrument_facts') }}
),

tick_sizes as (
    select * from {{ ref('tick_sizes') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

assets as (
    select * from {{ ref('stg_assets') }}
    where asset_name is not null
),

listed as (
    select
        instrument_id,
        min(asset_class) as asset_class,
        min(instrument) as instrument,
        (array_agg(symbol order by valid_from_date desc))[1] as symbol,
        min(valid_from_date) as listed_from_date,
        max(valid_to_date) as listed_until_date
    from symbol_history
    group by instrument_id
),

-- the first load that spelled one of its symbols says where it trades
spelled as (
    select distinct on (symbol_history.instrument_id)
        symbol_history.instrument_id,
        instrument_symbols.exchange,
        instrument_symbols.currency,
        instrument_symbols.first_seen_at
    from symbol_history
    inner join instrument_symbols
        on
            symbol_history.asset_class = instrument_symbols.asset_class
            and symbol_history.symbol = instrument_symbols.symbol
    order by
        symbol_history.instrument_id asc,
        instrument_symbols.first_seen_at asc,
        instrument_symbols.provider asc,
        instrument_symbols.provider_symbol asc
),

-- what the newest list of symbols calls it
entitled as (
    select distinct on (instrument_symbols.instrument_id)
        instrument_symbols.instrument_id,
        assets.asset_name
    from instrument_symbols
    inner join assets
        on
            instrument_symbols.provider = assets.provider
            and instrument_symbols.asset_class = assets.asset_class
            and instrument_symbols.provider_symbol = assets.provider_symbol
    order by
        instrument_symbols.instrument_id asc,
        assets.fetched_at desc,
        assets.asset_name asc
),

instruments as (
    select
        -- keys
        listed.instrument_id,
        -- names
        listed.symbol,
        listed.asset_class,
        coalesce(instrument_facts.exchange, spelled.exchange) as exchange,
        coalesce(instrument_facts.currency, spelled.currency) as currency,
        -- lineage
        spelled.first_seen_at,
        -- facts
        listed.instrument,
        coalesce(instrument_facts.tick_size, tick_sizes.tick_size) as tick_size,
        listed.listed_from_date,
        listed.listed_until_date,
        exchanges.timezone,
        entitled.asset_name
    from listed
    inner join spelled on listed.instrument_id = spelled.instrument_id
    left join instrument_facts
        on
            listed.asset_class = instrument_facts.asset_class
            and listed.instrument = instrument_facts.instrument
    left join tick_sizes
        on coalesce(instrument_facts.exchange, spelled.exchange) = tick_sizes.exchange
    left join exchanges
        on coalesce(instrument_facts.exchange, spelled.exchange) = exchanges.exchange
    left join entitled on listed.instrument_id = entitled.instrument_id
)

select * from instruments
