-- One place to ask for any timeframe. Minutes give the built bars; where a provider
-- reports longer intraday bars and no minutes of that session day are known, the
-- provider's own stand.
with built_1m as (
    select * from {{ ref('minute_bars') }}
),

reported as (
    select * from {{ ref('bars_intraday') }}
),

rollup_1d as (
    select * from {{ ref('rollup_1d') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),
{% for timeframe in ['5m', '15m', '30m', '1h', '4h'] %}
built_{{ timeframe }} as (
    select * from {{ ref('bars_' ~ timeframe) }}
),
{% endfor %}
days as (
    select * from {{ ref('daily_bars') }}
),

minute_days as (
    select distinct
        instrument_id,
        session_date
    from rollup_1d
),

reported_alone as (
    select
        -- keys
        symbol_history.symbol,
        reported.timeframe,
        reported.bar_start_at,
        reported.instrument_id,
        reported.session_date,
        -- prices
        trim_scale(reported.open) as open,
        trim_scale(reported.high) as high,
        trim_scale(reported.low) as low,
        trim_scale(reported.close) as close,
        trim_scale(reported.vwap) as vwap,
        -- activity
        trim_scale(reported.volume) as volume,
        reported.trade_count,
        -- flags
        reported.is_final,
        'provider' as built_from
    from reported
    inner join symbol_history on {{ has_symbol('reported', 'symbol_history') }}
    left join minute_days
        on
            reported.instrument_id = minute_days.instrument_id
            and reported.session_date = minute_days.session_date
    where minute_days.instrument_id is null
),

bars as (
    {% for timeframe in ['1m', '5m', '15m', '30m', '1h', '4h'] -%}
    select
        -- keys
        symbol,
        '{{ timeframe }}' as timeframe,
        bar_start_at,
        instrument_id,
        session_date,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        -- activity
        volume,
        trade_count,
        -- flags
        is_final,
        '{{ "provider" if timeframe == "1m" else "minutes" }}' as built_from
    from built_{{ timeframe }}
    union all
    {% endfor -%}
    select * from reported_alone
    union all
    select
        -- keys
        symbol,
        '1d' as timeframe,
        session_date::timestamp at time zone 'UTC' as bar_start_at,
        instrument_id,
        session_date,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        -- activity
        volume,
        trade_count,
        -- flags
        is_final,
        built_from
    from days
)

select * from bars
