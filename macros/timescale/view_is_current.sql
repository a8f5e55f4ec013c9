{#- Returns a boolean: the view stands in the database as it was made last, with this
    definition. Asks the database, not dbt's cache: a table that is made anew takes the views
    on it along.
    name: `schema.name`. definition: its hash. -#}
{% macro view_is_current(name, definition) %}
    {{ return(run_query(
        "select 1 from ops.view_states where relation_name = '" ~ name ~ "'"
        ~ " and definition_hash = '" ~ definition ~ "' and view_oid = to_regclass('" ~ name ~ "')"
    ).rows | length > 0) }}
{% endmacro %}
