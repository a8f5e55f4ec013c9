{{ config(
    materialized='incremental',
    unique_key=['provider', 'asset_class', 'provider_symbol'],
    incremental_strategy='append',
    on_schema_change='fail',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- A spelling keeps its symbol from the first load on: who knows better must say so in
-- that load or before.
with named as (
    select * from {{ ref('int_symbols__named') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

newest as (
    select distinct on (asset_class, symbol) *
    from symbol_history
    order by asset_class asc, symbol asc, valid_from_date desc
),

identified as (
    select
        -- keys
        named.provider,
        named.asset_class,
        named.provider_symbol,
        newest.instrument_id,
        -- names
        named.symbol,
        named.exchange,
        named.currency,
        -- lineage
        named.first_seen_at
    from named
    inner join newest
        on
            named.asset_class = newest.asset_class
            and named.symbol = newest.symbol
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
