{#- Renders a predicate: a bar may not compete on its day, by decision. Needs the CTE
    `rejected` in scope.
    bars, placed: aliases of the bars and of their row in `int_symbols__placed`. -#}
{% macro bar_is_rejected(bars, placed) -%}
    exists (
        select 1
        from rejected
        where
            {{ placed }}.instrument_id = rejected.instrument_id
            and {{ bars }}.provider = rejected.provider
            and {{ bars }}.timeframe = rejected.timeframe
            and {{ session_day(bars, placed) }} = rejected.session_date
            and {{ bars }}.loaded_at <= rejected.rejected_until_at
    )
{%- endmacro %}
