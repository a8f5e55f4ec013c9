with days as (
    select * from {{ ref('stg_quarantined_days') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

named as (
    select
        -- keys
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        days.timeframe,
        days.session_date,
        days.instrument_id,
        -- verdict
        days.state,
        days.rules,
        format(
            '%s of %s bars of %s on %s break %s; %s, and build again.',
            days.violation_count,
            days.bar_count,
            coalesce(symbol_history.symbol, instruments.symbol),
            days.session_date,
            days.rules,
            case
                when days.rules = 'basis_uncertain'
                    then
                        'decide the split in seeds/action_overrides.csv (see '
                        'quality.action_conflicts), or land bars as traded'
                else
                    'land corrected bars, or name the request of the evidence in '
                    'seeds/discarded_requests.csv'
            end
        ) as reason,
        days.violation_count,
        days.bar_count,
        days.evidence,
        -- lineage
        days.first_seen_at,
        days.changed_at
    from days
    inner join instruments on days.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('days', 'symbol_history') }}
)

select * from named
