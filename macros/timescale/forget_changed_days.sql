{#- Renders a statement, the hook after the model that took in the changed days, in its
    transaction. -#}
{% macro forget_changed_days() -%}
    delete from ops.changed_days
{%- endmacro %}
