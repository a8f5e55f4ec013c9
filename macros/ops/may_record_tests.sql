{#- Tells whether the ledger is there and may be written. -#}
{% macro may_record_tests() %}
    {%- set found = run_query(
        "select coalesce(bool_and(has_table_privilege(to_regclass('ops.test_results'), needed)), false)"
        ~ " from unnest(array['select', 'insert', 'update', 'delete']) as needed"
    ) -%}
    {{ return(found.rows[0][0]) }}
{% endmacro %}
