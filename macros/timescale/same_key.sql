{#- Renders a predicate: both aliases name the same key. -#}
{% macro same_key(left_alias, right_alias, key) -%}
    {%- for column in key -%}
        {{ left_alias }}.{{ column }} = {{ right_alias }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
