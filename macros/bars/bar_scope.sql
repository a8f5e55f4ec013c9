{#- Renders a text expression: what part of its session an intraday bar belongs to, `pre`,
    `regular`, `break` or `post`; of a daily bar, and without a session, what its provider
    says. Needs session_scope and the columns of `bar_is_regular` in scope. -#}
{% macro bar_scope() -%}
    case
        when timeframe = '1d' or open_at is null then session_scope
        when {{ bar_is_regular() }} then 'regular'
        when bar_start_at < open_at then 'pre'
        when bar_start_at >= close_at then 'post'
        else 'break'
    end
{%- endmacro %}
