with quarantine_decisions as (
    select * from {{ source('quarantine', 'quarantine_decisions') }}
),

renamed as (
    select
        -- keys
        decision_id,
        instrument_id,
        timeframe,
        session_date,
        -- verdict
        decision,
        providers,
        bars_hash,
        rules,
        reason,
        -- lineage
        decided_by,
        decided_at
    from quarantine_decisions
)

select * from renamed
