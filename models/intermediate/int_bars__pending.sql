-- Bars of pending loads with their instrument and session day, less what was discarded
-- or rejected.
with bars as (
    select * from {{ ref('stg_bars') }}
),

pending_loads as not materialized (
    select * from {{ ref('int_loads__pending') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

rejected as not materialized (
    select * from {{ ref('int_bars__rejected') }}
),

-- what landed after the decision may compete again
admitted as (
    select
        rejected.*,
        pending_loads.load_id
    from rejected
    inner join pending_loads on rejected.rejected_until_at < pending_loads.loaded_at
),

placed_bars as (
    select
        bars.*,
        placed.instrument_id,
        placed.exchange as instrument_exchange,
        placed.provider_priority,
        placed.listed_from_date,
        placed.listed_until_date,
        {{ session_day('bars', 'placed') }} as placed_on,
        true as is_pending
    from bars
    inner join pending_loads on bars.load_id = pending_loads.load_id
    inner join placed
        on {{ is_placed('bars', 'placed', session_day('bars', 'placed')) }}
),

-- asked of hashes, which cost nothing where they are empty, as they mostly are
pending as (
    select * from placed_bars
    where
        request_id not in (
            select discarded_requests.request_id from discarded_requests
            where discarded_requests.request_id is not null
        )
        and (
            (instrument_id, provider, timeframe, placed_on) not in (
                select
                    rejected.instrument_id,
                    rejected.provider,
                    rejected.timeframe,
                    rejected.session_date
                from rejected
            )
            or (instrument_id, provider, timeframe, placed_on, load_id) in (
                select
                    admitted.instrument_id,
                    admitted.provider,
                    admitted.timeframe,
                    admitted.session_date,
                    admitted.load_id
                from admitted
            )
        )
)

select * from pending
