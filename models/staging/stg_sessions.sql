with sessions as (
    select * from {{ source('staging', 'raw_sessions') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        -- keys
        sessions.exchange,
        sessions.session_date,
        -- times
        sessions.open_at,
        sessions.close_at,
        sessions.break_start_at,
        sessions.break_end_at,
        -- flags
        sessions.is_early_close,
        sessions.calendar_version,
        -- lineage
        sessions.request_id,
        sessions.source_row,
        sessions.fetched_at,
        sessions._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from sessions
    inner join loads on sessions._dlt_load_id = loads.load_id
)

select * from completed
