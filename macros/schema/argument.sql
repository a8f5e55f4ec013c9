{#- Renders the name of an argument of a `table_function`. A macro, so that a unit test can
    put a value in its place.
    name: as in the config `arguments`. -#}
{% macro argument(name) -%}
    {{ name }}
{%- endmacro %}
