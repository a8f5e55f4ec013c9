{#- Returns a dictionary: does the aggregate stand in the database, and with
    which definition?
    name: `schema.name`. Asks the database, not dbt's cache: a rebuilt parent takes its
    children with it. -#}
{% macro aggregate_state(name) %}
    {%- set found = run_query(
        "select a.definition_hash from ops.aggregate_states as a where a.relation_name = '" ~ name ~ "'"
        ~ " and to_regclass('" ~ name ~ "') is not null"
    ) -%}
    {{ return({
        'exists': found.rows | length > 0,
        'definition': found.rows[0][0] if found.rows | length > 0 else none,
    }) }}
{% endmacro %}
