{#- An override of kind `hours` says when the session opens and closes, and both ends of
    a break or none; one of kind `closed` says no hours. -#}
{% test hours_are_given_where_a_session_is_open(model) %}
with overrides as (
    select * from {{ model }}
),

offenders as (
    select *
    from overrides
    where
        (kind = 'hours' and num_nulls(open_time, close_time) > 0)
        or (kind = 'hours' and num_nulls(break_start, break_end) = 1)
        or (
            kind = 'closed'
            and num_nonnulls(open_time, close_time, break_start, break_end) > 0
        )
)

select * from offenders
{% endtest %}
