-- One bar per instrument, timeframe and start: one whose basis is certain before one
-- that would be held back, then the preferred provider's, a final one before one still
-- in progress, then the newest.
with bars as (
    select * from {{ ref('int_bars__raw_basis') }}
),

rebased as (
    select * from {{ ref('int_bars__rebased') }}
),

-- minutes come with the days of the same history
marked as (
    select
        *,
        (instrument_id, provider) in (
            select
                rebased.instrument_id,
                rebased.provider
            from rebased
        ) as is_rebased
    from bars
),

winners as (
    select distinct on (instrument_id, timeframe, bar_key_at) *
    from marked
    order by
        instrument_id asc,
        timeframe asc,
        bar_key_at asc,
        is_rebased asc,
        is_basis_uncertain asc,
        provider_priority asc,
        is_final desc,
        loaded_at desc,
        load_id desc,
        fetched_at desc,
        request_id desc,
        source_row desc
)

select * from winners
