-- As the API has them: of split-adjusted days, smoothed from the first day on. One
-- instrument at a time, so that a filter on the symbol is one on what is computed.
{%- set of_one_instrument = daily_indicators('symbol_history', 'days', 'factors') %}
with symbol_history as (
    select * from {{ ref('symbol_history') }}
),

days as (
    select * from {{ ref('daily_bars') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
),

indicators as (
    select
        -- keys
        symbol_history.symbol,
        computed.session_date,
        computed.instrument_id,
        -- prices
        computed.close,
        {%- for name in indicator_names() %}
        computed.{{ name }},
        {%- endfor %}
        -- flags
        computed.is_final
    from symbol_history
    inner join lateral ({{ of_one_instrument }}) as computed on true -- noqa: ST05
    where
        computed.session_date >= symbol_history.valid_from_date
        and computed.session_date < symbol_history.valid_to_date
)

select * from indicators
