{#- Renders a text expression, an aggregate: the least of some codes by their bytes. By the
    rules of a language it takes three times as long.
    code: SQL expression of a code, such as an exchange or a currency. -#}
{% macro least_code(code) -%}
    min({{ code }} collate "C") collate "default"
{%- endmacro %}
