{#- Renders a select statement: days with the symbol of their day, and decimals as short as they
    are. Needs the CTE `symbol_history` in scope.
    days: CTE with instrument_id, session_date, prices, volume and how each was built. -#}
{% macro named_days(days) -%}
    select
        -- keys
        symbol_history.symbol,
        {{ days }}.session_date,
        {{ days }}.instrument_id,
        -- prices
        {%- for price in ['open', 'high', 'low', 'close', 'vwap'] %}
        trim_scale({{ days }}.{{ price }}) as {{ price }},
        {%- endfor %}
        -- activity
        trim_scale({{ days }}.volume) as volume,
        {{ days }}.trade_count,
        -- flags
        {{ days }}.is_final,
        {{ days }}.built_from,
        {{ days }}.provider
    from {{ days }}
    inner join symbol_history
        on {{ has_symbol(days, 'symbol_history') }}
{%- endmacro %}
