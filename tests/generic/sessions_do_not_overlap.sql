{#- A session ends before the next one of the same exchange begins, and after it opened
    itself. -#}
{% test sessions_do_not_overlap(model) %}
with sessions as (
    select * from {{ model }}
),

followed as (
    select
        *,
        lead(open_at) over (partition by exchange order by session_date) as next_open_at
    from sessions
),

offenders as (
    select *
    from followed
    where open_at >= close_at or close_at > next_open_at
)

select * from offenders
{% endtest %}
