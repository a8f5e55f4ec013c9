{#- Of the rows that agree in these columns, none begins before the one before has
    ended, and none ends before it began. Ranges are [valid_from, valid_to).
    columns: list of column names. -#}
{% test ranges_do_not_overlap(model, columns) %}
with ranges as (
    select * from {{ model }}
),

followed as (
    select
        *,
        lead(valid_from) over (
            partition by {{ columns | join(', ') }} order by valid_from
        ) as next_valid_from
    from ranges
),

offenders as (
    select *
    from followed
    where
        valid_to <= valid_from
        or coalesce(valid_to, '9999-12-31'::date) > next_valid_from
)

select * from offenders
{% endtest %}
