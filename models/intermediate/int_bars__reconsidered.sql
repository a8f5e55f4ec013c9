-- Bars of earlier loads that are worth another look: all of each day that is held back
-- or released, since bars, sessions or seeds may have changed, and all split-restated
-- bars of an instrument whose splits are not those it was published by, whatever
-- changed them.
-- A table, mostly an empty one: what stands beside it is then read by several workers.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with bars as not materialized (
    select * from {{ ref('stg_bars') }}
),

pending_loads as (
    select * from {{ ref('int_loads__pending') }}
),

watched_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state in ('open', 'released')
),

changed_bases as (
    select * from {{ ref('int_actions__changed_bases') }}
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

-- a session starts and ends within two days of its date: that lets the index help
wanted as materialized (
    select
        instrument_id,
        array[timeframe] as timeframes,
        session_date,
        (session_date - 2)::timestamptz as from_at,
        (session_date + 3)::timestamptz as until_at
    from watched_days
    union all
    select
        instrument_id,
        array[
            {%- for timeframe in timeframes() %}
            '{{ timeframe }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ] as timeframes,
        null as session_date,
        '-infinity'::timestamptz as from_at,
        'infinity'::timestamptz as until_at
    from changed_bases
),

reconsidered as (
    select
        bars.*,
        placed.instrument_id,
        placed.exchange as instrument_exchange,
        placed.provider_priority,
        placed.listed_from_date,
        placed.listed_until_date,
        {{ session_day('bars', 'placed') }} as placed_on,
        false as is_pending
    from wanted
    inner join placed on wanted.instrument_id = placed.instrument_id
    -- looked up by the index, few days at a time: never by reading all bars
    cross join
        lateral (
            select *
            from bars
            where
                bars.provider_symbol = placed.provider_symbol
                and bars.timeframe = any(wanted.timeframes)
                and bars.bar_start_at >= wanted.from_at
                and bars.bar_start_at < wanted.until_at
                and {{ is_placed('bars', 'placed', session_day('bars', 'placed')) }}
            order by bars.bar_start_at asc
            offset 0
        ) as bars
    left join pending_loads on bars.load_id = pending_loads.load_id
    left join discarded_requests on bars.request_id = discarded_requests.request_id
    left join rejected on {{ bar_is_rejected('bars', 'placed') }}
    where
        pending_loads.load_id is null
        and discarded_requests.request_id is null
        and rejected.instrument_id is null
        and case
            when wanted.session_date is null then bars.price_basis = 'split'
            else wanted.session_date = {{ session_day('bars', 'placed') }}
        end
)

select * from reconsidered
