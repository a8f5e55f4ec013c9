{#- Renders an expression: a part of a whole, 0 of nothing (as TA-Lib has it), null where
    either is. -#}
{% macro share_of(part, whole) -%}
    ({{ part }}) / coalesce(nullif({{ whole }}, 0), 1)
{%- endmacro %}
