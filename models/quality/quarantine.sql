with days as (
    select * from {{ ref('stg_quarantined_days') }}
),

decisions as (
    select * from {{ ref('stg_quarantine_decisions') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

-- the words that several sentences share
described as (
    select
        days.*,
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        decisions.decision,
        decisions.decided_by,
        decisions.reason as decision_reason,
        format(
            '%s of %s bars of %s on %s break %s',
            days.violation_count,
            days.bar_count,
            coalesce(symbol_history.symbol, instruments.symbol),
            days.session_date,
            days.rules
        ) as finding
    from days
    inner join instruments on days.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('days', 'symbol_history') }}
    left join decisions on days.decision_id = decisions.decision_id
),

named as (
    select
        -- keys
        symbol,
        timeframe,
        session_date,
        instrument_id,
        -- verdict
        state,
        rules,
        case
            when state = 'cleared'
                then format(
                    '%s on %s is right: its bars no longer break %s.',
                    symbol, session_date, rules
                )
            when state = 'released'
                then
                    finding || '; released by ' || decided_by || ': ' || decision_reason
            when state = 'rejected'
                then format(
                    'Every bar of %s on %s that had landed was rejected by %s: %s',
                    symbol, session_date, decided_by, decision_reason
                )
            when rules = 'basis_uncertain'
                then
                    finding || '; decide the split in seeds/action_overrides.csv (see '
                    'quality.action_conflicts), or land bars as traded, and build '
                    'again.'
            when rules = 'rebased'
                then
                    finding || '; run `barhouse backfill --rebased`, or confirm a '
                    'split in seeds/action_overrides.csv, and build again.'
            when decision = 'release'
                then
                    finding || '; the release by ' || decided_by || ' does not cover '
                    'them, because the bars of the day are others now: look again and '
                    'decide anew.'
            else
                finding || '; land corrected bars, name the request of the evidence in '
                'seeds/discarded_requests.csv, or decide with `barhouse quality`, and '
                'build again.'
        end as reason,
        violation_count,
        bar_count,
        evidence,
        providers,
        decision_id,
        -- lineage
        first_seen_at,
        changed_at
    from described
)

select * from named
