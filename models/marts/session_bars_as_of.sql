{{ config(
    materialized='table_function',
    arguments=[
        {'name': 'width_minutes', 'type': 'integer'},
        {'name': 'as_of', 'type': 'timestamptz'},
    ],
) }}

{%- set width_minutes = 'core.checked_width(' ~ argument('width_minutes') ~ ')' %}
with minutes as not materialized (
    select * from {{ ref('bars_1m_as_of') }}({{ argument('as_of') }})
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

latest_minutes as (
    select
        instrument_id,
        max(bar_start_at) as last_minute_at
    from minutes
    where is_regular
    group by instrument_id
),

rollup as (
    select
        instrument_id,
        session_date,
        session_scope,
        session_minute,
        floor(
            session_minute / {{ width_minutes }}::double precision
        )::integer as bucket_number,
        open,
        high,
        low,
        close,
        volume,
        vwap * volume as notional,
        case when vwap is not null then volume end as notional_volume,
        trade_count,
        1 as minute_count,
        is_final
    from minutes
),

{% set width = 'make_interval(mins => ' ~ argument('width_minutes') ~ ')' %}
buckets as (
    {{ session_buckets(width) }}
),

named as (
    {{ named_buckets(width) }}
)

select * from named
