-- Whose bars of a session day may not compete: those that had landed when it was
-- decided.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with decisions as (
    select * from {{ ref('stg_quarantine_decisions') }}
    where decision = 'reject'
),

by_provider as (
    select
        instrument_id,
        timeframe,
        session_date,
        decided_at,
        string_to_table(providers, ', ') as provider
    from decisions
),

rejected as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        provider,
        -- extent
        max(decided_at) as rejected_until_at
    from by_provider
    group by instrument_id, timeframe, session_date, provider
)

select * from rejected
