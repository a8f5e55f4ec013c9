-- Soft rules: what is strange beside the symbol's own recent days, or beside what other
-- providers say. Nothing is held back for it; thresholds are variables.
with measured as (
    select * from {{ ref('day_measures') }}
),

provider_days as (
    select * from {{ ref('provider_days') }}
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
        measured.*,
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
            (
                'price_outlier',
                measured.reach > {{ var('outlier_scales') }} * measured.usual_reach,
                case
                    when
                        measured.highest::double precision / measured.typical_close
                        > measured.typical_close / measured.lowest::double precision
                        then measured.highest_at
                    else measured.lowest_at
                end,
                measured.reach,
                measured.usual_reach
            ),
            (
                'price_jump',
                abs(measured.jump) > {{ var('outlier_scales') }} * measured.usual_jump,
                null,
                measured.jump,
                measured.usual_jump
            ),
            (
                'unit_suspect',
                exp(abs(measured.jump)) between 95 and 105,
                null,
                exp(measured.jump),
                1
            ),
            (
                'volume_spike',
                measured.largest_volume
                > {{ var('volume_spike_ratio') }} * measured.usual_volume,
                measured.largest_volume_at,
                measured.largest_volume::double precision,
                measured.usual_volume
            ),
            (
                'stale_repeat',
                measured.repeat_count >= {{ var('stale_repeats') }},
                null,
                measured.repeat_count,
                0
            ),
            (
                'provider_outlier',
                contradicted.largest_difference is not null,
                (contradicted.evidence ->> 'bar_start_at')::timestamptz,
                contradicted.largest_difference + 1,
                1
            )
        ) as rules (rule, is_broken, bar_start_at, seen_value, usual_value)
    where rules.is_broken
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
