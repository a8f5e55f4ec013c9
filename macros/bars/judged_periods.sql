{#- Renders a select statement: the bars of the CTE `buckets` of `period_buckets`, judged by
    the calendar and not by which days have come. What a listing cuts off is no session of
    the instrument; sessions are looked at only where it cuts. Needs the CTEs `buckets`,
    `instruments`, `sessions` and `periods` (`calendar_periods` of one timeframe) in scope.
    start_column: name for the first day of a bar. -#}
{% macro judged_periods(start_column) -%}
    select
        -- keys
        buckets.symbol,
        buckets.period_start_date as {{ start_column }},
        buckets.instrument_id,
        -- prices
        buckets.open,
        buckets.high,
        buckets.low,
        buckets.close,
        -- activity
        buckets.volume,
        cardinality(buckets.session_dates)::bigint as session_count,
        coalesce(listed.session_count, periods.session_count, 0) as calendar_session_count,
        coalesce(periods.ordinary_session_count, 0) as ordinary_session_count,
        -- flags
        periods.exchange is null
        or coalesce(listed.session_count, periods.session_count)
        < periods.ordinary_session_count as is_short,
        coalesce(
            buckets.has_final_days
            and periods.has_later_session
            and coalesce(listed.last_close_at, periods.last_close_at) <= now()
            and coalesce(listed.last_session_date, periods.last_session_date)
            = any(buckets.session_dates),
            false
        ) as is_final
    from buckets
    inner join instruments on buckets.instrument_id = instruments.instrument_id
    left join periods
        on
            instruments.exchange = periods.exchange
            and buckets.period_start_date = periods.period_start_date
    left join lateral (
        select
            count(*) as session_count,
            max(sessions.session_date) as last_session_date,
            max(sessions.close_at) as last_close_at
        from sessions
        where
            (
                instruments.listed_from_date > periods.period_start_date
                or instruments.listed_until_date < periods.next_period_date
            )
            and sessions.exchange = periods.exchange
            and sessions.session_date >= instruments.listed_from_date
            and sessions.session_date < instruments.listed_until_date
            and sessions.session_date >= periods.period_start_date
            and sessions.session_date < periods.next_period_date
        group by sessions.exchange
    ) as listed on true
{%- endmacro %}
