{#- Renders CTEs that put together what speaks of one event, from the CTE `testimony` to
    the CTE `events`. One event is one value of one instrument in one currency, on
    ex-dates of which each lies at most three calendar days after the one before.
    `testimony` has instrument_id, ex_date, reported_value, currency, provider,
    provider_priority, derivation, load_id, verdict (null for a report, else `confirm` or
    `reject`) and reason; its most preferred row gives date and value.
    relative, absolute: numbers; values are the same up to the larger of the two.
    No testimony gives no event. -#}
{% macro action_events(relative, absolute) -%}
{%- set preferred = 'provider_priority, provider, ex_date desc, load_id desc' -%}
value_steps as (
    select
        *,
        reported_value > lag(reported_value) over by_value
        + greatest({{ absolute }}, lag(reported_value) over by_value * {{ relative }})
            as is_other_value
    from testimony
    window by_value as (partition by instrument_id, currency order by reported_value)
),

value_groups as (
    select
        *,
        count(*) filter (where is_other_value) over (
            partition by instrument_id, currency order by reported_value
        ) as value_group
    from value_steps
),

date_steps as (
    select
        *,
        ex_date > lag(ex_date) over by_date + 3 as is_other_date
    from value_groups
    window
        by_date as (partition by instrument_id, currency, value_group order by ex_date)
),

dated as (
    select
        *,
        count(*) filter (where is_other_date) over (
            partition by instrument_id, currency, value_group order by ex_date
        ) as date_group
    from date_steps
),

events as (
    select
        instrument_id,
        currency,
        (array_agg(ex_date order by {{ preferred }}))[1] as ex_date,
        (array_agg(reported_value order by {{ preferred }}))[1] as reported_value,
        {% for name in ['provider', 'derivation', 'load_id'] -%}
        coalesce(
            (
                array_agg({{ name }} order by {{ preferred }})
                filter (where verdict is null)
            )[1],
            min({{ name }})
        ) as {{ name }},
        {% endfor -%}
        min(provider_priority) as provider_priority,
        array_agg(provider) filter (where verdict is null) as providers,
        count(distinct provider) filter (where verdict is null) as provider_count,
        string_agg(
            format('%s %s on %s', provider, trim_scale(reported_value), ex_date),
            ', ' order by {{ preferred }}
        ) filter (where verdict is null) as reports,
        coalesce(bool_or(verdict = 'confirm'), false) as is_confirmed,
        coalesce(bool_or(verdict = 'reject'), false) as is_rejected,
        min(reason) as reason
    from dated
    group by instrument_id, currency, value_group, date_group
    having count(*) filter (where verdict is distinct from 'reject') > 0
)
{%- endmacro %}
