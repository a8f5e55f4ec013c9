with sessions as (
    select * from {{ ref('stg_sessions') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by exchange, session_date order by loaded_at desc, load_id desc
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
