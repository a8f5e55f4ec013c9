{#- Renders a column list, each qualified by the alias. -#}
{% macro columns_of(alias, columns) -%}
    {%- for column in columns %}{{ alias }}.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
