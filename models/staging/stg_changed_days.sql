with changed_days as (
    select * from {{ source('ledgers', 'changed_days') }}
),

renamed as (
    select
        instrument_id,
        timeframe,
        session_date
    from changed_days
)

select * from renamed
