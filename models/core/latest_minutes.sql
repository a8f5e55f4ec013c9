{{ config(
    materialized='incremental',
    unique_key=['instrument_id'],
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ replace_rows() }}',
    post_hook='analyze {{ this }}',
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
