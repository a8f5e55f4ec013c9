-- How many bars of each session day were judged, and how many of them break rules:
-- counted once, for all that ask.
{{ config(
    materialized='table',
    pre_hook='{{ plan_for_many_rows() }}',
    post_hook=[
        'analyze {{ this }}',
        '{{ record_quarantine(this) }}',
        '{{ record_warnings(this) }}',
    ],
) }}

with bars as (
    select * from {{ ref('int_bars__judged') }}
),

judged_days as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        -- counts
        count(*) as bar_count,
        count(*) filter (where is_pending) as pending_count,
        count(violations) as violation_count,
        count(warnings) as warning_count
    from bars
    group by instrument_id, timeframe, session_date
)

select * from judged_days
