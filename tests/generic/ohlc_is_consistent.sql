{#- The high and the low enclose the open and the close of every bar. -#}
{% test ohlc_is_consistent(model) %}
with bars as (
    select * from {{ model }}
),

offenders as (
    select *
    from bars
    where not ({{ ohlc_holds() }})
)

select * from offenders
{% endtest %}
