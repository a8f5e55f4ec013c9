{{ config(
    materialized='table_function',
    arguments=[{'name': 'as_of', 'type': 'timestamptz'}],
) }}

with standing as (
    select * from {{ ref('bars_1d') }}
),

revisions as not materialized (
    select * from {{ revisions_of(ref('bars_1d')) }}
),

{{ bars_as_of(
    key=['instrument_id', 'session_date'],
    columns=[
        'instrument_id', 'session_date', 'bar_start_at', 'open', 'high', 'low',
        'close', 'vwap', 'reported_basis', 'volume', 'trade_count',
        'session_scope', 'is_final', 'provider', 'feed', 'request_id', 'source_row',
        'load_id', 'loaded_at'
    ]
) }}

select * from known
