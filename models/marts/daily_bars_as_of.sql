{{ config(
    alias='bars_1d_as_of',
    materialized='table_function',
    arguments=[{'name': 'as_of', 'type': 'timestamptz'}],
) }}

-- As bars_1d, from what was known: the provider's day, else the day built from minutes.
with reported as not materialized (
    select * from {{ ref('bars_1d_as_of') }}({{ argument('as_of') }})
),

minutes as not materialized (
    select * from {{ ref('bars_1m_as_of') }}({{ argument('as_of') }})
    where is_regular
),

symbol_history as not materialized (
    select * from {{ ref('symbol_history') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

days as (
    select
        instrument_id,
        session_date,
        first(open, bar_start_at) as open,
        max(high) as high,
        min(low) as low,
        last(close, bar_start_at) as close,
        sum(volume) as volume,
        sum(vwap * volume) as notional,
        sum(case when vwap is not null then volume end) as notional_volume,
        sum(trade_count)::bigint as trade_count,
        bool_and(is_final) as has_final_minutes,
        max(bar_start_at) as last_minute_at,
        max(session_date) over (partition by instrument_id) as last_session_date
    from minutes
    group by instrument_id, session_date
),

built as (
    select
        days.instrument_id,
        days.session_date,
        days.open,
        days.high,
        days.low,
        days.close,
        {{ vwap_of('days') }} as vwap,
        days.volume,
        days.trade_count,
        days.has_final_minutes
        and (
            days.session_date < days.last_session_date
            or sessions.close_at <= days.last_minute_at + interval '1 minute'
        ) as is_final
    from days
    inner join instruments on days.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and days.session_date = sessions.session_date
),

{{ chosen_days() }}

select * from named
