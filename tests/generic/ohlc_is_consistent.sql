{#- The high and the low enclose the open and the close of every bar that was not
    released, unless the rule is not hard. -#}
{% test ohlc_is_consistent(model) %}
with bars as (
    {{ tested_bars(model) }}
),

offenders as (
    select *
    from bars
    where
        {{ was_never_released('bars') }}
        and {{ rule_is_hard('ohlc_inconsistent') }}
        and not ({{ ohlc_holds() }})
)

select * from offenders
{% endtest %}
