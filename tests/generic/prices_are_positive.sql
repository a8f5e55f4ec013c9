{#- No bar that was not released has a price of zero or less or a negative volume,
    unless the rule is not hard. -#}
{% test prices_are_positive(model) %}
with bars as (
    {{ tested_bars(model) }}
),

offenders as (
    select *
    from bars
    where
        {{ was_never_released('bars') }}
        and (
            (
                {{ rule_is_hard('price_not_positive') }}
                and least(open, high, low, close) <= 0
            )
            or ({{ rule_is_hard('volume_negative') }} and volume < 0)
        )
)

select * from offenders
{% endtest %}
