{{ config(
    materialized='continuous_aggregate',
    source='core.rollup_30m',
    bucket='1 day',
) }}

-- TimescaleDB takes no CTE in a continuous aggregate, wants its time bucket before any
-- other computed column, and has no bucket that follows the
-- clock of a session: that one is a number, in one part per UTC day.
select
    -- keys
    instrument_id,
    session_date,
    session_scope,
    time_bucket('1 day', bucket_start_at) as bucket_start_at,
    floor(session_minute / 60.0)::integer as bucket_number,
    -- values
    {{ rolled_up_bars('session_minute') }}
from {{ ref('rollup_30m') }}
group by
    instrument_id,
    session_date,
    session_scope,
    floor(session_minute / 60.0)::integer,
    time_bucket('1 day', bucket_start_at)
