{#- Renders a predicate: a bar lies where its scope lets it. One of extended scope may lie
    outside regular hours, every other must overlap them. Needs session_scope and the
    columns of `bar_is_regular` in scope; null without a session. -#}
{% macro bar_is_in_session() -%}
    session_scope = 'extended' or {{ bar_is_regular() }}
{%- endmacro %}
