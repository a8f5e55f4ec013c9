{{ config(materialized='view') }}

-- Weekdays on which an exchange does not trade, and the hours missing from a day that
-- closes early: from its close to the close of the usual day before.
with sessions as (
    select * from {{ ref('sessions') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

neighbours as (
    select
        *,
        lead(session_date) over by_date as next_session_date,
        -- the wall time counts: the clock may have been changed between
        max(case when not is_early_close then session_date end) over before
            as usual_session_date
    from sessions
    window
        by_date as (partition by exchange order by session_date),
        before as (
            partition by exchange order by session_date
            rows between unbounded preceding and 1 preceding
        )
),

closed as (
    select
        neighbours.exchange,
        closed_day::date as session_date,
        'closed' as kind,
        {{ wall_time(
            'closed_day::date', 'make_interval(hours => -exchanges.session_offset_hours)'
        ) }} as start_at,
        {{ wall_time(
            'closed_day::date',
            'make_interval(hours => 24 - exchanges.session_offset_hours)'
        ) }} as end_at
    from neighbours
    inner join exchanges on neighbours.exchange = exchanges.exchange
    cross join
        lateral generate_series(
            neighbours.session_date + interval '1 day',
            neighbours.next_session_date - interval '1 day',
            interval '1 day'
        ) as closed_day
    where
        neighbours.next_session_date - neighbours.session_date > 1
        and extract(isodow from closed_day) < 6
),

closed_early as (
    select
        neighbours.exchange,
        neighbours.session_date,
        'early_close' as kind,
        neighbours.close_at as start_at,
        {{ wall_time(
            'neighbours.session_date',
            "(usual.close_at at time zone exchanges.timezone) - usual.session_date"
        ) }} as end_at
    from neighbours
    inner join exchanges on neighbours.exchange = exchanges.exchange
    inner join sessions as usual
        on
            neighbours.exchange = usual.exchange
            and neighbours.usual_session_date = usual.session_date
    where neighbours.is_early_close
),

united as (
    select * from closed
    union all
    select * from closed_early
),

closures as (
    select
        -- keys
        exchange,
        session_date,
        -- times
        kind,
        start_at,
        end_at
    from united
    where start_at < end_at
)

select * from closures
