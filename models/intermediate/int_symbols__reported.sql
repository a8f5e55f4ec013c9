-- Which spellings pending loads use: bars, splits and dividends one under the other. A
-- name in a list of symbols alone makes no instrument. Each kind is summed up by
-- itself, which workers share.
with bars as (
    select * from {{ ref('stg_bars') }}
),

splits as (
    select * from {{ ref('stg_splits') }}
),

dividends as (
    select * from {{ ref('stg_dividends') }}
),

pending_loads as not materialized (
    select * from {{ ref('int_loads__pending') }}
),

reported as (
    select
        bars.provider,
        bars.asset_class,
        bars.provider_symbol,
        {{ least_code('bars.exchange') }} as exchange,
        {{ least_code('bars.currency') }} as currency,
        min(bars.loaded_at) as first_seen_at
    from bars
    inner join pending_loads on bars.load_id = pending_loads.load_id
    group by bars.provider, bars.asset_class, bars.provider_symbol
    union all
    select
        splits.provider,
        splits.asset_class,
        splits.provider_symbol,
        {{ least_code('splits.exchange') }} as exchange,
        null as currency,
        min(splits.loaded_at) as first_seen_at
    from splits
    inner join pending_loads on splits.load_id = pending_loads.load_id
    group by splits.provider, splits.asset_class, splits.provider_symbol
    union all
    select
        dividends.provider,
        dividends.asset_class,
        dividends.provider_symbol,
        {{ least_code('dividends.exchange') }} as exchange,
        {{ least_code('dividends.currency') }} as currency,
        min(dividends.loaded_at) as first_seen_at
    from dividends
    inner join pending_loads on dividends.load_id = pending_loads.load_id
    group by dividends.provider, dividends.asset_class, dividends.provider_symbol
)

select * from reported
