{#- Renders common table expressions, the last of them `judged_days`: each day that was
    judged or has lost its bars, with verdict, fingerprint and newest decision.
    counts: relation of the days that were judged (int_bars__judged_days). -#}
{% macro judged_days_of(counts) -%}
    days as ({{ counted_days_of(counts) }}),

    bad_days as (
        select * from days
        where violation_count > 0
    ),

    offenders as ({{ offending_bars_of('bad_days') }}),

    fingerprints as (
        select
            judged.instrument_id,
            judged.timeframe,
            judged.session_date,
            {{ hash_of_bars('judged') }} as bars_hash
        from {{ ref('int_bars__judged') }} as judged
        inner join bad_days on {{ same_day('judged', 'bad_days') }}
        group by judged.instrument_id, judged.timeframe, judged.session_date
    ),

    decisions as (
        select distinct on (instrument_id, timeframe, session_date) *
        from {{ ref('stg_quarantine_decisions') }}
        order by instrument_id, timeframe, session_date, decision_id desc
    ),

    judged_days as (
        select
            days.*,
            offenders.rules,
            offenders.evidence,
            offenders.providers,
            fingerprints.bars_hash,
            decisions.decision_id,
            decisions.decision,
            decisions.bars_hash as released_hash,
            known.state as known_state
        from days
        left join offenders on {{ same_day('days', 'offenders') }}
        left join fingerprints on {{ same_day('days', 'fingerprints') }}
        left join decisions on {{ same_day('days', 'decisions') }}
        left join quality.quarantined_days as known on {{ same_day('days', 'known') }}
    )
{%- endmacro %}
