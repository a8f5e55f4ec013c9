-- The session days on which some bar breaks a hard rule: they are held back whole.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with bars as (
    select * from {{ ref('int_bars__judged') }}
),

held_days as (
    select distinct
        instrument_id,
        timeframe,
        session_date
    from bars
    where violations is not null
)

select * from held_days
