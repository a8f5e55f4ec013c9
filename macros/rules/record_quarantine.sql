{#- Renders a statement: note the session days that break a hard rule with what was decided
    on them, and clear those that were judged anew and found right.
    counts: relation of the days that were judged (int_bars__judged_days). -#}
{% macro record_quarantine(counts) -%}
    with {{ judged_days_of(counts) }}

    insert into quality.quarantined_days as standing (
        instrument_id, timeframe, session_date, state, rules, violation_count, bar_count,
        evidence, providers, bars_hash, decision_id
    )
    select
        instrument_id,
        timeframe,
        session_date,
        case
            when violation_count > 0 and bars_hash = released_hash then 'released'
            when violation_count > 0 then 'open'
            when bar_count = 0 and decision = 'reject' then 'rejected'
            else 'cleared'
        end,
        coalesce(rules, ''),
        violation_count,
        bar_count,
        coalesce(evidence, '[]'),
        providers,
        -- a day that was not watched before may have bars that this build did not see
        case
            when
                known_state in ('open', 'released')
                or not exists ({{ earlier_bars_of('judged_days') }})
                then bars_hash
        end,
        decision_id
    from judged_days
    where violation_count > 0 or known_state <> 'cleared'
    on conflict (instrument_id, timeframe, session_date) do update
    set
        state = excluded.state,
        -- what was wrong stays on record
        rules = case when excluded.violation_count > 0 then excluded.rules else standing.rules end,
        evidence = case
            when excluded.violation_count > 0 then excluded.evidence else standing.evidence
        end,
        providers = coalesce(excluded.providers, standing.providers),
        violation_count = excluded.violation_count,
        bar_count = excluded.bar_count,
        bars_hash = excluded.bars_hash,
        decision_id = excluded.decision_id,
        changed_at = now()
    where
        (
            standing.state, standing.rules, standing.violation_count, standing.bar_count,
            standing.bars_hash, standing.decision_id
        ) is distinct from (
            excluded.state, excluded.rules, excluded.violation_count, excluded.bar_count,
            excluded.bars_hash, excluded.decision_id
        )
{%- endmacro %}
