{#- Renders a predicate: a bar says it is final, but was fetched before its end. A day ends
    with its session. Needs is_final, timeframe, bar_start_at, bar_length (interval),
    fetched_at and close_at in scope. -#}
{% macro bar_is_final_too_early() -%}
    is_final
    and fetched_at
    < case timeframe when '1d' then close_at else bar_start_at + bar_length end
{%- endmacro %}
