-- depends_on: {{ ref('int_loads__pending') }}, {{ ref('int_actions__basis_states') }}
{{ config(
    materialized='hypertable',
    time_column='bar_start_at',
    chunk_interval='90 days',
    unique_key=['instrument_id', 'timeframe', 'bar_start_at'],
    unchanged_columns=[
        'provider_priority',
        'request_id',
        'source_row',
        'load_id',
        'loaded_at',
    ],
    precedence=newer_bar_wins(),
    versioned_by='instrument_id',
    segment_by=['instrument_id'],
    order_by='timeframe, bar_start_at desc',
    compress_after=compress_after('bars_intraday'),
) }}

with bars as (
    select * from {{ ref('int_bars__accepted') }}
    where timeframe not in ('1m', '1d')
),

published as (
    select
        -- keys
        instrument_id,
        timeframe,
        bar_start_at,
        session_date,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        reported_basis,
        -- activity
        volume,
        trade_count,
        -- flags
        session_scope,
        session_minute,
        is_regular,
        is_final,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        load_id,
        loaded_at
    from bars
)

select * from published
