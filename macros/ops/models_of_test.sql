{#- Renders the names of the models that a test looks at: the one it is attached to, else
    all that it reads. -#}
{% macro models_of_test(node) -%}
    {%- set read = [node.attached_node] if node.attached_node else node.depends_on.nodes -%}
    {%- set names = [] -%}
    {%- for unique_id in read %}{% do names.append(unique_id.split('.')[-1]) %}{% endfor -%}
    {{ names | unique | sort | join(', ') }}
{%- endmacro %}
