{#- Renders a join predicate: the row of `symbol_history` that gives an instrument its symbol
    on a day.
    rows: alias with instrument_id and session_date.
    history: alias of `symbol_history`.
    day: the column with the day. -#}
{% macro has_symbol(rows, history, day='session_date') -%}
    {{ rows }}.instrument_id = {{ history }}.instrument_id
    and {{ lies_within(
        rows ~ '.' ~ day, history ~ '.valid_from_date', history ~ '.valid_to_date'
    ) }}
{%- endmacro %}
