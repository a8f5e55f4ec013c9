{{ config(
    materialized='continuous_aggregate',
    source='core.bars_1m',
    bucket='5 minutes',
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    session_date,
    session_scope,
    time_bucket('5 minutes', bar_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars(
        'bar_start_at',
        minute_count='count(*)',
        vwap_volume='sum(case when vwap is not null then volume end)'
    ) }}
from {{ ref('bars_1m') }}
group by
    instrument_id,
    session_date,
    session_scope,
    time_bucket('5 minutes', bar_start_at)
