-- The newest calendar of each exchange, with what people know better.
with landed as (
    select * from {{ ref('stg_sessions') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

overrides as (
    select * from {{ ref('session_overrides') }}
),

-- the newest load of an exchange is its whole calendar: a day that is not in it any
-- more is not a session any more
ranked as (
    select
        *,
        dense_rank() over (
            partition by exchange order by loaded_at desc, load_id desc
        ) as place
    from landed
),

calendar as (
    select * from ranked
    where place = 1
),

as_planned as (
    select
        calendar.exchange,
        calendar.session_date,
        calendar.open_at,
        calendar.close_at,
        calendar.break_start_at,
        calendar.break_end_at,
        calendar.is_early_close,
        calendar.calendar_version,
        false as is_overridden
    from calendar
    left join overrides
        on
            calendar.exchange = overrides.exchange
            and calendar.session_date = overrides.session_date
    where overrides.exchange is null
),

as_it_was as (
    select
        overrides.exchange,
        overrides.session_date,
        {{ wall_time(
            'overrides.session_date'
            ' - (overrides.open_time >= overrides.close_time)::integer',
            'overrides.open_time'
        ) }} as open_at,
        {{ wall_time('overrides.session_date', 'overrides.close_time') }} as close_at,
        {{ wall_time('overrides.session_date', 'overrides.break_start') }}
            as break_start_at,
        {{ wall_time('overrides.session_date', 'overrides.break_end') }}
            as break_end_at,
        coalesce(
            {{ wall_time('overrides.session_date', 'overrides.close_time') }}
            < calendar.close_at,
            false
        ) as is_early_close,
        'seeds/session_overrides.csv' as calendar_version,
        true as is_overridden
    from overrides
    inner join exchanges on overrides.exchange = exchanges.exchange
    left join calendar
        on
            overrides.exchange = calendar.exchange
            and overrides.session_date = calendar.session_date
    where overrides.kind = 'hours'
),

corrected as (
    select * from as_planned
    union all
    select * from as_it_was
)

select * from corrected
