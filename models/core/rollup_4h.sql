{{ config(
    materialized='continuous_aggregate',
    source='core.rollup_1h',
    bucket='4 hours',
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    time_bucket('4 hours', bucket_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars(
        'bucket_start_at',
        minute_count='sum(minute_count)',
        vwap_volume='sum(notional_volume)'
    ) }}
from {{ ref('rollup_1h') }}
group by instrument_id, time_bucket('4 hours', bucket_start_at)
