{#- No two rows agree in all of these columns.
    columns: list of column names. -#}
{% test columns_are_unique_together(model, columns) %}
with entries as (
    select * from {{ model }}
),

repeated as (
    select
        {{ columns | join(', ') }},
        count(*) as entry_count
    from entries
    group by {{ columns | join(', ') }}
    having count(*) > 1
)

select * from repeated
{% endtest %}
