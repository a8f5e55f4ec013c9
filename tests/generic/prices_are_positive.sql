{#- No bar has a price of zero or less, and none a negative volume. -#}
{% test prices_are_positive(model) %}
with bars as (
    select * from {{ model }}
),

offenders as (
    select *
    from bars
    where least(open, high, low, close) <= 0 or volume < 0
)

select * from offenders
{% endtest %}
