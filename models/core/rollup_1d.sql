{{ config(
    materialized='continuous_aggregate',
    source='core.bars_1m',
    bucket='1 day',
    indexes=[{'columns': ['instrument_id', 'session_date']}],
) }}

-- TimescaleDB takes no CTE in a continuous aggregate.
select
    -- keys
    instrument_id,
    session_date,
    time_bucket('1 day', bar_start_at) as bucket_start_at,
    -- values
    {{ rolled_up_bars('bar_start_at', of_minutes=true) }},
    max(bar_start_at) as last_minute_at
from {{ ref('bars_1m') }}
where is_regular
group by instrument_id, session_date, time_bucket('1 day', bar_start_at)
