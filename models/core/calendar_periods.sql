{{ config(
    materialized='incremental',
    unique_key=['exchange', 'timeframe', 'period_start_date'],
    incremental_strategy='differences',
    on_schema_change='append_new_columns',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- The weeks and months of each exchange by its calendar alone: what is short, and which
-- session is the last, must not depend on which bars have come.
with sessions as (
    select * from {{ ref('sessions') }}
),

-- by year, because an exchange may move its weekend
weekday_counts as (
    select
        exchange,
        date_part('year', session_date) as year_number,
        date_part('isodow', session_date)::integer as weekday,
        count(*) as session_count,
        min(min(session_date)) over of_year as first_session_date,
        max(max(session_date)) over of_year as last_session_date
    from sessions
    group by
        exchange,
        date_part('year', session_date),
        date_part('isodow', session_date)
    window of_year as (partition by exchange, date_part('year', session_date))
),

-- a weekday is ordinary that has a session in more than half of the year's weeks
years as (
    select
        exchange,
        year_number,
        array_agg(weekday) as ordinary_weekdays
    from weekday_counts
    where session_count * 14 > last_session_date - first_session_date + 1
    group by exchange, year_number
),

periods as (
    {%- for timeframe, unit in [('1w', 'week'), ('1mo', 'month')] %}
    select
        exchange,
        '{{ timeframe }}' as timeframe,
        date_trunc('{{ unit }}', session_date::timestamp)::date as period_start_date,
        (
            date_trunc('{{ unit }}', session_date::timestamp) + interval '1 {{ unit }}'
        )::date as next_period_date,
        date_part(
            'isodow', date_trunc('{{ unit }}', session_date::timestamp)
        )::integer as first_weekday,
        count(*) as session_count,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date,
        max(close_at) as last_close_at
    from sessions
    group by exchange, date_trunc('{{ unit }}', session_date::timestamp)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

described as (
    select
        -- keys
        periods.exchange,
        periods.timeframe,
        periods.period_start_date,
        periods.next_period_date,
        -- sessions
        periods.session_count,
        coalesce(weekday_totals.ordinary_session_count, 0) as ordinary_session_count,
        periods.last_session_date,
        periods.last_close_at,
        -- flags
        max(periods.last_session_date) over (partition by periods.exchange)
        >= periods.next_period_date as has_later_session
    from periods
    left join years
        on
            periods.exchange = years.exchange
            and date_part('year', periods.first_session_date) = years.year_number
    -- a weekday comes once in each week of a period, and once in the days that remain
    -- if it comes before they end
    left join
        lateral (
            select
                sum((
                    periods.next_period_date - periods.period_start_date + 6
                    - (listed.weekday - periods.first_weekday + 7) % 7
                ) / 7) as ordinary_session_count
            from unnest(years.ordinary_weekdays) as listed (weekday)
        ) as weekday_totals
        on true
)

select * from described
