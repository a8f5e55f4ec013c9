{#- Renders a statement: how a view or function was made, for `view_is_current`.
    name: `schema.name`, of a function with its types. definition: its hash. kind: `regclass` or
    `regprocedure`. -#}
{% macro note_view(name, definition, kind='regclass') -%}
    insert into ops.view_states (relation_name, definition_hash, view_oid)
    values ('{{ name }}', '{{ definition }}', to_{{ kind }}('{{ name }}')::oid)
    on conflict (relation_name) do update
    set definition_hash = excluded.definition_hash, view_oid = excluded.view_oid
{%- endmacro %}
