{#- Renders a scalar subquery: a price of a bar whose start is known, of the newest load,
    from the CTE `bars` for a row of `found`; null when the start is null.
    price: column of the bars, `close` or `open`.
    start: column of `found` with the start. -#}
{% macro price_at(price, start) -%}
    (
        select bars.{{ price }}
        from bars
        where
            bars.provider_symbol = found.provider_symbol
            and bars.timeframe = found.timeframe
            and bars.bar_start_at = found.{{ start }}
            and bars.provider = found.provider
            and bars.asset_class = found.asset_class
        order by bars.loaded_at desc, bars.load_id desc, bars.fetched_at desc
        limit 1
    )
{%- endmacro %}
