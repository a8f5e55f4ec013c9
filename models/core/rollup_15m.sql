{{ config(
    materialized='continuous_aggregate',
    source='core.rollup_5m',
    bucket='15 minutes',
    segment_by=['instrument_id'],
    order_by='bucket_start_at desc',
    compress_after=compress_after('rollup_15m'),
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    session_date,
    session_scope,
    time_bucket('15 minutes', bucket_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars('bucket_start_at') }}
from {{ ref('rollup_5m') }}
group by
    instrument_id,
    session_date,
    session_scope,
    time_bucket('15 minutes', bucket_start_at)
