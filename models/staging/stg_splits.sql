with splits as (
    select * from {{ source('staging', 'raw_splits') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        -- keys
        splits.provider,
        splits.provider_symbol,
        splits.asset_class,
        splits.exchange,
        splits.ex_date,
        -- values
        splits.split_ratio,
        splits.event_id,
        splits.derivation,
        -- lineage
        splits.request_id,
        splits.source_row,
        splits.fetched_at,
        splits._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from splits
    inner join loads on splits._dlt_load_id = loads.load_id
)

select * from completed
