with quarantined_days as (
    select * from {{ source('quarantine', 'quarantined_days') }}
),

renamed as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        -- verdict
        state,
        rules,
        violation_count,
        bar_count,
        evidence,
        providers,
        bars_hash,
        decision_id,
        -- lineage
        first_seen_at,
        changed_at
    from quarantined_days
)

select * from renamed
