-- Every expected bar has one state. What stands is present, whatever else is true of
-- its day.
with days as (
    select * from {{ ref('expected_days') }}
),

series as (
    select * from {{ ref('bar_series') }}
),

missing_ranges as (
    select * from {{ ref('missing_ranges') }}
),

closures as (
    select * from {{ ref('closures') }}
),

runs as (
    select
        *,
        unnest(present) as run
    from days
),

-- cut to the session, and counted by their own bars
present as (
    select
        symbol,
        timeframe,
        session_date,
        instrument_id,
        bar_length,
        run,
        unnest(tstzmultirange(run) * expected) as part
    from runs
),

-- a day that closes early is one bar all the same
closed as (
    select
        series.symbol,
        series.timeframe,
        closures.session_date,
        case series.timeframe
            when '1d' then closures.session_date::timestamp at time zone 'UTC'
            else closures.start_at
        end as start_at,
        case series.timeframe
            when '1d' then (closures.session_date + 1)::timestamp at time zone 'UTC'
            else closures.end_at
        end as end_at,
        series.instrument_id,
        closures.kind as state,
        0::bigint as expected_count
    from series
    inner join closures
        on
            series.exchange = closures.exchange
            and series.valid_from_date <= closures.session_date
            and series.valid_to_date > closures.session_date
            and series.first_at < closures.end_at
            and series.last_at > closures.start_at
    where
        closures.end_at <= {{ var('now') }}
        and (series.timeframe <> '1d' or closures.kind = 'closed')
),

united as (
    select
        symbol,
        timeframe,
        session_date,
        lower(part) as start_at,
        upper(part) as end_at,
        instrument_id,
        'present' as state,
        {{ bars_in('part', 'lower(run)') }} as expected_count
    from present
    union all
    select * from missing_ranges
    union all
    select * from closed
)

select * from united
