{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'timeframe', 'valid_from_date'],
    incremental_strategy='differences',
    on_schema_change='fail',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- Which bars are expected: of what was asked for or has bars, between the ends of both.
with windows as (
    select * from {{ ref('int_requests__windows') }}
),

asked as (
    select * from {{ ref('int_requests__series') }}
),

day_profiles as (
    select * from {{ ref('day_profiles') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

periods as (
    select * from {{ ref('int_symbols__periods') }}
),

-- whom one would ask under which symbol, where it means the instrument
offers as (
    select distinct on (
        windows.instrument_id, windows.timeframe, periods.valid_from_date
    )
        windows.instrument_id,
        windows.timeframe,
        periods.valid_from_date,
        windows.provider,
        windows.symbol
    from windows
    inner join periods
        on
            windows.instrument_id = periods.instrument_id
            and windows.listed && periods.period
    order by
        windows.instrument_id asc,
        windows.timeframe asc,
        periods.valid_from_date asc,
        windows.provider_priority asc,
        windows.requested_at desc
),

standing as (
    select
        instrument_id,
        timeframe,
        min(lower(covered)) as first_at,
        max(upper(covered)) as last_at
    from day_profiles
    group by instrument_id, timeframe
),

series as (
    select
        coalesce(asked.instrument_id, standing.instrument_id) as instrument_id,
        coalesce(asked.timeframe, standing.timeframe) as timeframe,
        asked.symbol,
        asked.provider,
        asked.exchange,
        coalesce(asked.is_followed, false) as is_followed,
        least(asked.first_at, standing.first_at) as first_at,
        greatest(asked.last_at, standing.last_at) as last_at,
        coalesce(asked.answered, '{}') as answered,
        coalesce(asked.rate_limited, '{}') as rate_limited,
        coalesce(asked.failed, '{}') as failed
    from asked
    full join standing
        on
            asked.instrument_id = standing.instrument_id
            and asked.timeframe = standing.timeframe
),

named as (
    select
        -- keys
        series.instrument_id,
        series.timeframe,
        coalesce(periods.valid_from_date, '0001-01-01'::date) as valid_from_date,
        -- names
        coalesce(periods.symbol, series.symbol) as symbol,
        coalesce(instruments.exchange, series.exchange) as exchange,
        coalesce(periods.valid_to_date, '9999-12-31'::date) as valid_to_date,
        coalesce(periods.is_listed, true) as is_listed,
        -- span
        series.first_at,
        series.last_at,
        series.is_followed,
        -- who is asked
        coalesce(offers.provider, series.provider) as provider,
        coalesce(offers.symbol, series.symbol) as asked_symbol,
        -- answers
        series.answered,
        series.rate_limited,
        series.failed
    from series
    left join periods on series.instrument_id = periods.instrument_id
    left join instruments on series.instrument_id = instruments.instrument_id
    left join offers
        on
            series.instrument_id = offers.instrument_id
            and series.timeframe = offers.timeframe
            and periods.valid_from_date = offers.valid_from_date
)

select * from named
