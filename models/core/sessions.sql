{{ config(
    materialized='incremental',
    unique_key=['exchange', 'session_date'],
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ replace_rows() }}',
) }}

with sessions as (
    select * from {{ ref('stg_sessions') }}
),

-- the newest load of an exchange is its whole calendar: a day that is not in it any
-- more is not a session any more
ranked as (
    select
        *,
        dense_rank() over (
            partition by exchange order by loaded_at desc, load_id desc
        ) as place
    from sessions
),

newest as (
    select
        -- keys
        exchange,
        session_date,
        -- times
        open_at,
        close_at,
        break_start_at,
        break_end_at,
        -- flags
        is_early_close,
        -- lineage
        calendar_version
    from ranked
    where place = 1
)

select * from newest
