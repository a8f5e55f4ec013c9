-- What traded around each ex-date, from bars landed as traded: the last close before it
-- and, for splits, the first open from it on; both of one provider. Each look goes into
-- an index and reads a few days, so the bars must never be read as a whole.
{{ config(materialized='table') }}

with landed as not materialized (
    select * from {{ ref('stg_bars') }}
    where price_basis = 'raw' and least(open, close) > 0
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

bars as not materialized (
    select landed.*
    from landed
    left join discarded_requests on landed.request_id = discarded_requests.request_id
    where discarded_requests.request_id is null
),

probes as (
    select * from {{ ref('int_actions__probes') }}
),

found as materialized (
    select
        *,
        {{ bar_around(-10, -1, 'desc') }} as closed_at,
        case when is_split then {{ bar_around(0, 10, 'asc') }} end as opened_at
    from probes
),

measured as materialized (
    select
        *,
        {{ price_at('close', 'closed_at') }} as close_before,
        {{ price_at('open', 'opened_at') }} as open_after
    from found
    where num_nonnulls(closed_at, opened_at) > 0
),

best as (
    select distinct on (instrument_id, ex_date)
        -- keys
        instrument_id,
        ex_date,
        -- prices
        close_before,
        open_after,
        -- lineage
        provider as price_provider
    from measured
    order by
        instrument_id asc,
        ex_date asc,
        num_nulls(close_before, open_after) asc,
        timeframe_place asc,
        provider_priority asc,
        provider asc,
        provider_symbol asc
)

select * from best
