with assets as (
    select * from {{ source('staging', 'raw_assets') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        -- keys
        assets.provider,
        assets.provider_symbol,
        assets.asset_class,
        assets.exchange,
        assets.currency,
        -- names
        assets.symbol,
        assets.asset_name,
        -- flags
        assets.is_active,
        assets.derivation,
        -- lineage
        assets.request_id,
        assets.source_row,
        assets.fetched_at,
        assets._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from assets
    inner join loads on assets._dlt_load_id = loads.load_id
)

select * from completed
