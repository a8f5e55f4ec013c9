-- Session days that have ended, with the times of the bars that are expected and of
-- those that stand. A reported day is one bar, from midnight to midnight UTC.
with series as (
    select * from {{ ref('bar_series') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

day_profiles as (
    select * from {{ ref('day_profiles') }}
),

-- what was rejected does not stand either, and no provider said that nothing traded
quarantined_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state in ('open', 'rejected')
),

ended as (
    select
        series.*,
        sessions.session_date,
        case
            when series.timeframe = '1d'
                then tstzmultirange(
                    tstzrange(
                        sessions.session_date::timestamp at time zone 'UTC',
                        (sessions.session_date + 1)::timestamp at time zone 'UTC'
                    )
                )
            when sessions.break_start_at is null
                then tstzmultirange(tstzrange(sessions.open_at, sessions.close_at))
            else
                tstzmultirange(
                    tstzrange(sessions.open_at, sessions.break_start_at),
                    tstzrange(sessions.break_end_at, sessions.close_at)
                )
        end as expected
    from series
    inner join sessions
        on
            series.exchange = sessions.exchange
            and series.valid_from_date <= sessions.session_date
            and series.valid_to_date > sessions.session_date
            -- a session lies within a day of its date
            and (series.first_at at time zone 'UTC')::date - 1 <= sessions.session_date
            and (series.last_at at time zone 'UTC')::date + 1 >= sessions.session_date
    where sessions.close_at <= {{ var('now') }}
),

compared as (
    select
        -- keys
        ended.symbol,
        ended.timeframe,
        ended.session_date,
        ended.instrument_id,
        -- bars
        {{ bar_length('ended.timeframe') }} as bar_length,
        ended.expected,
        coalesce(day_profiles.covered, '{}') as present,
        -- why one may be missing
        ended.is_listed,
        held.instrument_id is not null as is_quarantined,
        ended.answered,
        ended.rate_limited,
        ended.failed
    from ended
    left join day_profiles on {{ same_day('ended', 'day_profiles') }}
    left join quarantined_days as held on {{ same_day('ended', 'held') }}
    where
        upper(ended.expected) > ended.first_at
        and lower(ended.expected) < ended.last_at
)

select * from compared
