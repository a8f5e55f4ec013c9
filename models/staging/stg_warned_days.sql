with warned_days as (
    select * from {{ source('quarantine', 'warned_days') }}
),

renamed as (
    select
        instrument_id,
        timeframe,
        session_date,
        rule,
        bar_start_at,
        bar_count
    from warned_days
)

select * from renamed
