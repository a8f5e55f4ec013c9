{#- Renders a statement: note the session days that break a hard rule, and clear those
    that were judged anew and found right.
    judged: the relation with the verdicts (int_bars__judged). -#}
{% macro record_quarantine(judged) -%}
    with days as (
        select
            instrument_id,
            timeframe,
            session_date,
            count(*) as bar_count,
            count(*) filter (where violations is not null) as violation_count
        from {{ judged }}
        group by instrument_id, timeframe, session_date
        union all
        -- a day whose bars were all discarded holds nothing back any more
        select
            held.instrument_id,
            held.timeframe,
            held.session_date,
            0,
            0
        from quality.quarantined_days as held
        left join {{ judged }} as judged
            on
                held.instrument_id = judged.instrument_id
                and held.timeframe = judged.timeframe
                and held.session_date = judged.session_date
        where held.state = 'open' and judged.instrument_id is null
    ),

    offenders as (
        select
            judged.instrument_id,
            judged.timeframe,
            judged.session_date,
            string_agg(distinct rule, ', ' order by rule) as rules,
            jsonb_agg(to_jsonb(judged) - 'is_pending' order by judged.bar_start_at)
            filter (where place <= 5 and rule = split_part(judged.violations, ', ', 1)) as evidence
        from (
            select
                bars.*,
                row_number() over (
                    partition by instrument_id, timeframe, session_date order by bar_start_at
                ) as place
            from {{ judged }} as bars
            where violations is not null
        ) as judged
        cross join unnest(string_to_array(judged.violations, ', ')) as rule
        group by judged.instrument_id, judged.timeframe, judged.session_date
    )

    insert into quality.quarantined_days as standing (
        instrument_id, timeframe, session_date, state, rules, violation_count, bar_count, evidence
    )
    select
        days.instrument_id,
        days.timeframe,
        days.session_date,
        case when days.violation_count > 0 then 'open' else 'cleared' end,
        coalesce(offenders.rules, ''),
        days.violation_count,
        days.bar_count,
        coalesce(offenders.evidence, '[]')
    from days
    left join offenders
        on
            days.instrument_id = offenders.instrument_id
            and days.timeframe = offenders.timeframe
            and days.session_date = offenders.session_date
    left join quality.quarantined_days as known
        on
            days.instrument_id = known.instrument_id
            and days.timeframe = known.timeframe
            and days.session_date = known.session_date
    where days.violation_count > 0 or known.state = 'open'
    on conflict (instrument_id, timeframe, session_date) do update
    set
        state = excluded.state,
        rules = case when excluded.state = 'open' then excluded.rules else standing.rules end,
        violation_count = excluded.violation_count,
        bar_count = excluded.bar_count,
        evidence = case when excluded.state = 'open' then excluded.evidence else standing.evidence end,
        changed_at = now()
    where
        (standing.state, standing.rules, standing.violation_count, standing.bar_count)
        is distinct from
        (excluded.state, excluded.rules, excluded.violation_count, excluded.bar_count)
{%- endmacro %}
