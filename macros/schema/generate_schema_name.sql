{#- Renders the schema of a model: the layer's own name, never prefixed by the target's.
    custom_schema_name: the `+schema` of the folder, or none.
    node: the model; unused. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
