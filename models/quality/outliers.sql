-- Soft rules: what is strange beside the symbol's own recent days, or beside what other
-- providers say. Nothing is held back for it; thresholds are variables.
with measured as (
    select * from {{ ref('day_measures') }}
),

provider_days as (
    select * from {{ ref('provider_days') }}
),

warned_days as (
    select * from {{ ref('stg_warned_days') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

-- of several providers the one that is farthest off speaks
contradicted as (
    select
        instrument_id,
        timeframe,
        session_date,
        max(largest_difference) as largest_difference,
        last(evidence, largest_difference) as evidence
    from provider_days
    where largest_difference > exp({{ var('provider_outlier_tolerance') }}) - 1
    group by instrument_id, timeframe, session_date
),

judged as (
    select
        measured.instrument_id,
        measured.timeframe,
        measured.session_date,
        rules.rule,
        rules.bar_start_at,
        rules.seen_value,
        rules.usual_value
    from measured
    left join contradicted
        on
            measured.instrument_id = contradicted.instrument_id
            and measured.timeframe = contradicted.timeframe
            and measured.session_date = contradicted.session_date
    cross join
        lateral (
            values
            {%- for rule, terms in soft_rules().items() %}
            (
                '{{ rule }}',
                {{ terms.broken }},
                {{ terms.bar_start_at or 'null' }},
                {{ terms.seen }},
                {{ terms.usual }}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as rules (rule, is_broken, bar_start_at, seen_value, usual_value)
    where rules.is_broken
    union all
    -- what dbt_project.yml made soft
    select
        instrument_id,
        timeframe,
        session_date,
        rule,
        bar_start_at,
        bar_count as seen_value,
        0 as usual_value
    from warned_days
),

named as (
    select
        -- keys
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        judged.timeframe,
        judged.session_date,
        judged.instrument_id,
        judged.rule,
        -- evidence
        judged.bar_start_at,
        judged.seen_value::double precision as seen_value,
        judged.usual_value::double precision as usual_value
    from judged
    inner join instruments on judged.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('judged', 'symbol_history') }}
)

select * from named
