-- The verdict on each winning bar: which rules it breaks. The tests on this table are
-- the gate before anything is published.
{{ config(
    materialized='table',
    unlogged=true,
    pre_hook='{{ plan_for_many_rows() }}',
    post_hook=['{{ record_quarantine(this) }}', '{{ record_warnings(this) }}'],
) }}

with bars as (
    select * from {{ ref('int_bars__winners') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

in_session as (
    select
        bars.*,
        sessions.open_at,
        sessions.close_at,
        sessions.break_start_at,
        sessions.break_end_at,
        sessions.pre_open_at,
        sessions.post_close_at,
        {{ bar_length('bars.timeframe') }} as bar_length
    from bars
    left join sessions
        on
            bars.exchange = sessions.exchange
            and bars.session_date = sessions.session_date
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
        round(vwap * volume, 18)::numeric(38, 18) as notional,
        trade_count,
        -- flags
        {{ bar_scope() }} as session_scope,
        {{ session_minute() }} as session_minute,
        coalesce({{ bar_is_regular() }}, false) as is_regular,
        is_final,
        is_pending,
        {{ broken_rules('hard') }} as violations,
        {{ broken_rules('soft') }} as warnings,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        fetched_at,
        load_id,
        loaded_at
    from in_session
    where not {{ bar_is_archived('in_session') }}
)

select * from judged
