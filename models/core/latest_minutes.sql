{{ config(
    materialized='incremental',
    unique_key=['instrument_id'],
    incremental_strategy='differences',
    on_schema_change='fail',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

with minute_days as (
    select * from {{ ref('rollup_1d') }}
),

latest as (
    select
        instrument_id,
        max(session_date) as last_session_date,
        max(last_minute_at) as last_minute_at
    from minute_days
    group by instrument_id
)

select * from latest
