-- Of each session day: how many bars are expected, how many stand, and what became of
-- the others.
with gaps as (
    select * from {{ ref('gaps') }}
    where expected_count > 0
),

counted as (
    select
        symbol,
        timeframe,
        session_date,
        instrument_id,
        sum(expected_count)::bigint as expected_count,
        coalesce(sum(expected_count) filter (where state = 'present'), 0)::bigint
            as present_count,
        coalesce(sum(expected_count) filter (where state = 'no_trades'), 0)::bigint
            as no_trades_count,
        coalesce(sum(expected_count) filter (where state = 'not_requested'), 0)::bigint
            as not_requested_count,
        coalesce(sum(expected_count) filter (where state = 'rate_limited'), 0)::bigint
            as rate_limited_count,
        coalesce(sum(expected_count) filter (where state = 'failed'), 0)::bigint
            as failed_count,
        coalesce(sum(expected_count) filter (where state = 'quarantined'), 0)::bigint
            as quarantined_count
    from gaps
    group by symbol, timeframe, session_date, instrument_id
),

measured as (
    select
        -- keys
        symbol,
        timeframe,
        session_date,
        instrument_id,
        -- counts
        expected_count,
        present_count,
        no_trades_count,
        not_requested_count,
        rate_limited_count,
        failed_count,
        quarantined_count,
        -- verdict
        ((present_count + no_trades_count)::double precision / expected_count)
            as completeness_ratio,
        case
            when quarantined_count > 0 then 'quarantined'
            when failed_count > 0 then 'failed'
            when rate_limited_count > 0 then 'rate_limited'
            when not_requested_count > 0 then 'not_requested'
            when no_trades_count > 0 then 'no_trades'
            when present_count > 0 then 'present'
        end as worst_state
    from counted
)

select * from measured
