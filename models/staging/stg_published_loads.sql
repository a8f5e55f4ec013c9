with published_loads as (
    select * from {{ source('ledgers', 'published_loads') }}
),

renamed as (
    select
        consumer,
        load_id,
        published_at
    from published_loads
)

select * from renamed
