{{ config(
    materialized='table',
    pre_hook='{{ plan_for_pending_bars() }}',
    post_hook='analyze {{ this }}',
) }}

-- The spellings of pending loads with our symbol for each: by the seed, else as landed,
-- else the spelling itself.
with reported as (
    select * from {{ ref('int_symbols__reported') }}
),

assets as (
    select * from {{ ref('stg_assets') }}
),

symbol_overrides as (
    select * from {{ ref('symbol_overrides') }}
),

spellings as (
    select
        provider,
        asset_class,
        provider_symbol,
        min(exchange) as exchange,
        min(currency) as currency,
        min(first_seen_at) as first_seen_at
    from reported
    group by provider, asset_class, provider_symbol
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

named as (
    select
        -- keys
        spellings.provider,
        spellings.asset_class,
        spellings.provider_symbol,
        -- names
        coalesce(
            symbol_overrides.symbol, newest_assets.symbol, spellings.provider_symbol
        ) as symbol,
        spellings.exchange,
        spellings.currency,
        -- lineage
        spellings.first_seen_at
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
)

select * from named
