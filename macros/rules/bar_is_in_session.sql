{#- Renders a predicate: a bar lies where its scope lets it. One of extended scope may lie
    outside regular hours, within the extended ones where the exchange has such; every
    other must overlap regular hours. Needs session_scope, pre_open_at, post_close_at and
    the columns of `bar_is_regular` in scope; null without a session. -#}
{% macro bar_is_in_session() -%}
    (
        session_scope in ('extended', 'pre', 'break', 'post')
        and (pre_open_at is null or bar_start_at + bar_length > pre_open_at)
        and (post_close_at is null or bar_start_at < post_close_at)
    )
    or {{ bar_is_regular() }}
{%- endmacro %}
