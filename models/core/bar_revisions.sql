{{ config(materialized='view') }}

with bars_1m as (
    select * from {{ revisions_of(ref('bars_1m')) }}
),

bars_intraday as (
    select * from {{ revisions_of(ref('bars_intraday')) }}
),

bars_1d as (
    select * from {{ revisions_of(ref('bars_1d')) }}
),

revisions as (
    {% for table, timeframe in [
        ('bars_1m', "'1m'"), ('bars_intraday', 'timeframe'), ('bars_1d', "'1d'")
    ] -%}
    select
        -- keys
        instrument_id,
        {{ timeframe }} as timeframe,
        bar_start_at,
        session_date,
        revised_at,
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
        -- lineage
        provider,
        feed,
        load_id,
        loaded_at
    from {{ table }}
    {% if not loop.last -%}
    union all
    {% endif -%}
    {% endfor -%}
)

select * from revisions
