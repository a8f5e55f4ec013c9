{#- Renders a join predicate: a row of the CTE `rejected` says that a bar may not compete on
    its day, by decision; at most one does. The day comes last, and in a form that no hash
    can be made of: mostly no bar of its series is rejected, and nobody asks for it.
    bars, placed: aliases of the bars and of their row in `int_symbols__placed`. -#}
{% macro bar_is_rejected(bars, placed) -%}
    {{ placed }}.instrument_id = rejected.instrument_id
    and {{ bars }}.provider = rejected.provider
    and {{ bars }}.timeframe = rejected.timeframe
    and {{ bars }}.loaded_at <= rejected.rejected_until_at
    and {{ session_day(bars, placed) }} - rejected.session_date = 0
{%- endmacro %}
