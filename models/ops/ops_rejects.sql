with rejects as (
    select * from {{ source('staging', 'raw_rejects') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

described as (
    select
        -- place
        rejects.provider,
        rejects.source,
        rejects.source_row,
        rejects.column_name,
        -- problem
        rejects.seen_value,
        rejects.reason,
        rejects.record,
        -- lineage
        rejects.request_id,
        rejects._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from rejects
    inner join loads on rejects._dlt_load_id = loads.load_id
)

select * from described
