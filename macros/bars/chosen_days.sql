{#- Renders CTEs up to `named`: of each day the provider's own bar where there is one, else the
    bar that was built from minutes. Needs the CTEs `reported`, `built` and `symbol_history`. -#}
{% macro chosen_days() -%}
reported_days as (
    select
        instrument_id,
        session_date,
        open,
        high,
        low,
        close,
        vwap,
        volume,
        trade_count,
        is_final,
        'provider' as built_from,
        provider
    from reported
),

built_days as (
    select
        built.instrument_id,
        built.session_date,
        built.open,
        built.high,
        built.low,
        built.close,
        built.vwap,
        built.volume,
        built.trade_count,
        built.is_final,
        'minutes' as built_from,
        null as provider
    from built
    left join reported
        on
            built.instrument_id = reported.instrument_id
            and built.session_date = reported.session_date
    where reported.instrument_id is null
),

-- named before they are put together: of a hypertable that stands alone in a union the
-- planner expects a single row
named as (
    {{ named_days('reported_days') }}
    union all
    {{ named_days('built_days') }}
)
{%- endmacro %}
