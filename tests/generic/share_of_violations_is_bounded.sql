{#- Too many bad bars in the pending loads mean a broken source: nothing may be
    published. A bar whose splits alone are in doubt counts as a good one: its day is
    held back, but it says nothing against its source.
    max_share: fraction of pending bars that may break a hard rule, e.g. 0.25.
    min_count: below so many violations the share does not matter. -#}
{% test share_of_violations_is_bounded(model, max_share, min_count) %}
with judged as (
    select * from {{ model }}
    where is_pending
),

counted as (
    select
        count(*) as bar_count,
        count(*) filter (where violations <> 'basis_uncertain') as violation_count
    from judged
),

offenders as (
    select *
    from counted
    where
        violation_count >= {{ min_count }}
        and violation_count > {{ max_share }} * bar_count
)

select * from offenders
{% endtest %}
