{{ config(
    materialized='table_function',
    arguments=[{'name': 'width_minutes', 'type': 'integer'}],
) }}

{%- set width_minutes = 'core.checked_width(' ~ argument('width_minutes') ~ ')' %}
{%- set finer = {'5m': 5, '15m': 15, '30m': 30, '1h': 60, '4h': 240} %}
with minutes as (
    select * from {{ ref('bars_1m') }}
),
{% for timeframe in finer %}
rollup_{{ timeframe }} as (
    select * from {{ ref('rollup_' ~ timeframe) }}
),
{% endfor %}
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
    select * from {{ ref('latest_minutes') }}
),

-- from the longest bars that the width is a multiple of; the width is known when the
-- query is planned, so the others are not looked at
nearest as (
    select
        instrument_id,
        session_date,
        session_scope,
        session_minute,
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
    where {{ width_minutes }} % 5 <> 0
    {% for timeframe, length in finer.items() -%}
    {%- set longer = finer.values() | select('gt', length) | list %}
    union all
    select
        instrument_id,
        session_date,
        session_scope,
        session_minute,
        open,
        high,
        low,
        close,
        volume,
        notional,
        notional_volume,
        trade_count,
        minute_count,
        is_final
    from rollup_{{ timeframe }}
    where
        {{ width_minutes }} % {{ length }} = 0
        {%- if longer %}
        and {{ width_minutes }} % {{ longer | first }} <> 0
        {%- endif %}
    {% endfor %}
),

rollup as (
    select
        *,
        floor(
            session_minute / {{ width_minutes }}::double precision
        )::integer as bucket_number
    from nearest
),

{% set width = 'make_interval(mins => ' ~ argument('width_minutes') ~ ')' %}
buckets as (
    {{ session_buckets(width) }}
),

named as (
    {{ named_buckets(width) }}
)

select * from named
