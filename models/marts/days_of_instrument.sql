{{ config(
    materialized='table_function',
    plans_once=true,
    arguments=[
        {'name': 'wanted_instrument_id', 'type': 'bigint'},
        {'name': 'first_date', 'type': 'date'},
        {'name': 'last_date', 'type': 'date'},
    ],
) }}

with days as (
    select * from {{ ref('daily_bars') }}
),

doubles as (
    select
        -- keys
        instrument_id,
        session_date,
        -- prices
        {%- for price in ['open', 'high', 'low', 'close', 'vwap'] %}
        {{ price }}::double precision as {{ price }},
        {%- endfor %}
        -- activity
        volume::double precision as volume,
        trade_count,
        -- flags
        is_final
    from days
    where
        instrument_id = {{ argument('wanted_instrument_id') }}
        and session_date >= {{ argument('first_date') }}
        and session_date <= {{ argument('last_date') }}
    order by session_date asc
)

select * from doubles
