-- The verdict on each winning bar: which rules it breaks. The tests on this table are
-- the gate before anything is published.
-- One bar per instrument, timeframe and start wins: one whose basis is certain before
-- one that would be held back, then the preferred provider's, a final one before one
-- still in progress, then the newest.
{{ config(
    materialized='table',
    unlogged=true,
    pre_hook='{{ plan_for_pending_bars() }}',
) }}

with bars as (
    select * from {{ ref('int_bars__examined') }}
),

winners as (
    select distinct on (instrument_id, bar_key_at, timeframe) *
    from bars
    where not {{ bar_is_archived('bars') }}
    order by
        instrument_id asc,
        bar_key_at asc,
        timeframe asc,
        is_rebased asc,
        is_basis_uncertain asc,
        provider_priority asc,
        is_final desc,
        loaded_at desc,
        load_id desc,
        fetched_at desc,
        request_id desc,
        source_row desc
),

judged as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        bar_start_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        reported_basis,
        -- activity
        volume,
        trade_count,
        -- flags
        session_scope,
        session_minute,
        is_regular,
        is_final,
        is_pending,
        violations,
        warnings,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        fetched_at,
        load_id,
        loaded_at
    from winners
)

select * from judged
