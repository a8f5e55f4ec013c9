{#- Renders a statement, the hook before the model that takes in the changed days: a build
    that would note one meanwhile waits, so that none goes with the list unseen. -#}
{% macro hold_changed_days() -%}
    lock table ops.changed_days in share row exclusive mode
{%- endmacro %}
