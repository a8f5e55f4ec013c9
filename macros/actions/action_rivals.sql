{#- Renders CTEs that find which events contradict each other, from the CTE `events` of
    `action_events` to the CTE `settled`: the events with `rival_reports`, `is_overruled`
    (a rival is confirmed) and `is_disputed` (one is neither confirmed nor rejected).
    Events within three calendar days contradict each other when they stand on the same
    ex-date or no provider reports both. -#}
{% macro action_rivals() -%}
numbered as (
    select
        *,
        row_number() over (
            order by instrument_id, ex_date, reported_value, currency
        ) as event_number
    from events
),

rivals as (
    select
        ours.event_number,
        bool_or(theirs.is_confirmed) as is_overruled,
        string_agg(theirs.reports, ', ' order by theirs.event_number) as rival_reports
    from numbered as ours
    inner join numbered as theirs
        on
            ours.instrument_id = theirs.instrument_id
            and ours.event_number <> theirs.event_number
            and theirs.ex_date between ours.ex_date - 3 and ours.ex_date + 3
            and (theirs.is_confirmed or not theirs.is_rejected)
            and (
                ours.ex_date = theirs.ex_date
                or not coalesce(ours.providers && theirs.providers, false)
            )
    group by ours.event_number
),

settled as (
    select
        -- keys
        numbered.instrument_id,
        numbered.ex_date,
        -- values
        trim_scale(numbered.reported_value) as reported_value,
        numbered.currency,
        -- who says so
        numbered.provider_count,
        numbered.reports,
        rivals.rival_reports,
        -- decisions
        numbered.is_confirmed,
        numbered.is_rejected,
        coalesce(rivals.is_overruled, false) as is_overruled,
        coalesce(not rivals.is_overruled, false) as is_disputed,
        numbered.reason,
        -- lineage
        numbered.provider,
        numbered.provider_priority,
        numbered.derivation,
        numbered.load_id
    from numbered
    left join rivals on numbered.event_number = rivals.event_number
)
{%- endmacro %}
