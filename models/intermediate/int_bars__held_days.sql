-- The session days on which some bar breaks a hard rule: they are held back whole,
-- unless they were released as they are.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with judged_days as (
    select * from {{ ref('int_bars__judged_days') }}
),

released_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state = 'released'
),

bad_days as (
    select
        instrument_id,
        timeframe,
        session_date
    from judged_days
    where violation_count > 0
),

held_days as (
    select bad_days.*
    from bad_days
    left join released_days
        on
            bad_days.instrument_id = released_days.instrument_id
            and bad_days.timeframe = released_days.timeframe
            and bad_days.session_date = released_days.session_date
    where released_days.instrument_id is null
)

select * from held_days
