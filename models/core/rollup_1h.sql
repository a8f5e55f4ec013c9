{{ config(
    materialized='continuous_aggregate',
    source='core.rollup_30m',
    bucket='1 hour',
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    time_bucket('1 hour', bucket_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars(
        'bucket_start_at',
        minute_count='sum(minute_count)',
        vwap_volume='sum(notional_volume)'
    ) }}
from {{ ref('rollup_30m') }}
group by instrument_id, time_bucket('1 hour', bucket_start_at)
