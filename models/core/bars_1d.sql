-- depends_on: {{ ref('int_loads__pending') }}, {{ ref('int_actions__basis_states') }}
{{ config(
    materialized='hypertable',
    time_column='session_date',
    chunk_interval='1825 days',
    unique_key=['instrument_id', 'session_date'],
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
    order_by='session_date desc',
    compress_after=compress_after('bars_1d'),
) }}

with bars as (
    select * from {{ ref('int_bars__accepted') }}
    where timeframe = '1d'
),

published as (
    select
        -- keys
        instrument_id,
        session_date,
        bar_start_at,
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
