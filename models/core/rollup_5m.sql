{{ config(
    materialized='continuous_aggregate',
    source='core.bars_1m',
    bucket='5 minutes',
    segment_by=['instrument_id'],
    order_by='bucket_start_at desc',
    compress_after=compress_after('rollup_5m'),
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    session_date,
    session_scope,
    time_bucket('5 minutes', bar_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars('bar_start_at', of_minutes=true) }}
from {{ ref('bars_1m') }}
group by
    instrument_id,
    session_date,
    session_scope,
    time_bucket('5 minutes', bar_start_at)
