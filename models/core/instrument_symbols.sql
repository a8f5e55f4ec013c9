{{ config(
    materialized='incremental',
    unique_key=['provider', 'asset_class', 'provider_symbol'],
    incremental_strategy='append',
    on_schema_change='fail',
) }}

with reported as (
    select * from {{ ref('int_symbols__reported') }}
),

assets as (
    select * from {{ ref('stg_assets') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

symbol_overrides as (
    select * from {{ ref('symbol_overrides') }}
),

spellings as (
    select
        reported.provider,
        reported.asset_class,
        reported.provider_symbol,
        min(reported.exchange) as exchange,
        min(reported.currency) as currency,
        min(reported.loaded_at) as first_seen_at
    from reported
    {% if is_incremental() %}
    inner join pending_loads on reported.load_id = pending_loads.load_id
    {% endif %}
    group by reported.provider, reported.asset_class, reported.provider_symbol
),

newest_assets as (
    select distinct on (provider, asset_class, provider_symbol) *
    from assets
    order by
        provider asc,
        asset_class asc,
        provider_symbol asc,
        loaded_at desc,
        fetched_at desc
),

-- a spelling keeps its instrument from the first load on: who knows better must say so
-- in that load or before
named as (
    select
        spellings.*,
        coalesce(
            symbol_overrides.symbol, newest_assets.symbol, spellings.provider_symbol
        ) as symbol
    from spellings
    left join newest_assets
        on
            spellings.provider = newest_assets.provider
            and spellings.asset_class = newest_assets.asset_class
            and spellings.provider_symbol = newest_assets.provider_symbol
    left join symbol_overrides
        on
            spellings.provider = symbol_overrides.provider
            and spellings.asset_class = symbol_overrides.asset_class
            and spellings.provider_symbol = symbol_overrides.provider_symbol
),

identified as (
    select
        -- keys
        named.provider,
        named.asset_class,
        named.provider_symbol,
        {{ instrument_key('named.asset_class', 'named.symbol') }} as instrument_id,
        -- names
        named.symbol,
        named.exchange,
        named.currency,
        -- lineage
        named.first_seen_at
    from named
    {% if is_incremental() %}
    left join {{ this }} as known
        on
            named.provider = known.provider
            and named.asset_class = known.asset_class
            and named.provider_symbol = known.provider_symbol
    where known.instrument_id is null
    {% endif %}
)

select * from identified
