{{ config(
    materialized='table_function',
    arguments=[{'name': 'as_of', 'type': 'timestamptz'}],
) }}

with standing as (
    select * from {{ ref('bars_1m') }}
),

revisions as not materialized (
    select * from {{ revisions_of(ref('bars_1m')) }}
),

{{ bars_as_of(
    key=['instrument_id', 'bar_start_at'],
    columns=[
        'instrument_id', 'bar_start_at', 'session_date', 'open', 'high', 'low',
        'close', 'vwap', 'reported_basis', 'volume', 'trade_count',
        'session_scope', 'session_minute', 'is_regular', 'is_final', 'provider',
        'feed', 'request_id', 'source_row', 'load_id', 'loaded_at'
    ]
) }}

select * from known
