with loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        load_id,
        schema_name as pipeline,
        inserted_at as loaded_at
    from loads
)

select * from completed
