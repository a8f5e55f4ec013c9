with published_bases as (
    select * from {{ source('ledgers', 'published_bases') }}
),

renamed as (
    select
        consumer,
        instrument_id,
        basis_hash,
        published_at
    from published_bases
)

select * from renamed
