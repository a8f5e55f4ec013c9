{#- Returns a boolean: the view or function stands in the database as it was made last, with this
    definition. Asks the database, not dbt's cache: a table that is made anew takes the views
    on it along.
    name: `schema.name`, of a function with its types. definition: its hash. kind: `regclass` or
    `regprocedure`. -#}
{% macro view_is_current(name, definition, kind='regclass') %}
    {{ return(not should_full_refresh() and run_query(
        "select 1 from ops.view_states where relation_name = '" ~ name ~ "'"
        ~ " and definition_hash = '" ~ definition ~ "'"
        ~ " and view_oid = to_" ~ kind ~ "('" ~ name ~ "')"
    ).rows | length > 0) }}
{% endmacro %}
