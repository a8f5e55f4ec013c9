{#- Too many bad bars in the pending loads mean a broken source: nothing may be
    published. A rule with a max_share of its own is measured alone, all others together. The rows
    are the bars that break a rule over its threshold, once per such rule.
    max_share: fraction of pending bars that may break the rules measured together.
    min_count: below so many violations the share does not matter. -#}
{% test share_of_violations_is_bounded(model, max_share, min_count) %}
with judged as (
    select * from {{ model }}
),

judged_days as (
    select * from {{ ref('int_bars__judged_days') }}
),

-- the bars are looked at only where a day has one that breaks a rule
bad_days as (
    select * from judged_days
    where violation_count > 0
),

thresholds as ({{ rule_thresholds(max_share) }}),

broken as (
    select
        judged.*,
        thresholds.rule,
        thresholds.measured,
        thresholds.max_share
    from judged
    inner join bad_days on {{ same_day('judged', 'bad_days') }}
    cross join unnest(string_to_array(judged.violations, ', ')) as violated (rule)
    inner join thresholds on violated.rule = thresholds.rule
    where
        judged.violations is not null
        and judged.is_pending
        -- known before any bar is looked at
        and (select count(days.violation_count) from bad_days as days) > 0
),

-- a bar that breaks two rules measured together counts once
measured as (
    select
        measured,
        count(distinct row(instrument_id, timeframe, bar_start_at)) as violation_count,
        (select sum(judged_days.pending_count)::bigint from judged_days) as bar_count
    from broken
    group by measured
),

offenders as (
    select
        broken.*,
        measured.violation_count,
        measured.bar_count,
        round(measured.violation_count::numeric / measured.bar_count, 6) as share
    from broken
    inner join measured on broken.measured = measured.measured
    where
        measured.violation_count >= {{ min_count }}
        and measured.violation_count > broken.max_share * measured.bar_count
)

select * from offenders
{% endtest %}
