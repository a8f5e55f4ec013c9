-- Bars of pending loads with their instrument and session day, less what was discarded
-- or rejected.
with bars as (
    select * from {{ ref('stg_bars') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

rejected as (
    select * from {{ ref('int_bars__rejected') }}
),

pending as (
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
    left join discarded_requests on bars.request_id = discarded_requests.request_id
    left join rejected on {{ bar_is_rejected('bars', 'placed') }}
    where
        discarded_requests.request_id is null
        and rejected.instrument_id is null
)

select * from pending
