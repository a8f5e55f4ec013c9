-- Where each spelling was used: bars, splits and dividends one under the other. A name
-- in a list of symbols alone makes no instrument.
with bars as (
    select * from {{ ref('stg_bars') }}
),

splits as (
    select * from {{ ref('stg_splits') }}
),

dividends as (
    select * from {{ ref('stg_dividends') }}
),

reported as (
    select
        provider,
        asset_class,
        provider_symbol,
        exchange,
        currency,
        load_id,
        loaded_at
    from bars
    union all
    select
        provider,
        asset_class,
        provider_symbol,
        exchange,
        null as currency,
        load_id,
        loaded_at
    from splits
    union all
    select
        provider,
        asset_class,
        provider_symbol,
        exchange,
        currency,
        load_id,
        loaded_at
    from dividends
)

select * from reported
