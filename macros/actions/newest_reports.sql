{#- Renders CTEs that leave what a provider says in the end, from the CTE `reported` to the
    CTE `ranked`. An event with an id is on the date of its newest load; `load_place` is 1
    for the load that speaks for an ex-date.
    `reported` has instrument_id, provider, provider_symbol, ex_date, event_id, load_id and
    loaded_at.
    value: its column with the value, which decides between equals. -#}
{% macro newest_reports(value) -%}
latest as (
    select
        *,
        row_number() over (
            partition by instrument_id, provider, provider_symbol, event_id
            order by loaded_at desc, load_id desc, ex_date desc, {{ value }} asc
        ) as event_place
    from reported
),

ranked as (
    select
        *,
        dense_rank() over (
            partition by instrument_id, provider, ex_date
            order by provider_symbol asc, loaded_at desc, load_id desc
        ) as load_place
    from latest
    where event_id is null or event_place = 1
)
{%- endmacro %}
