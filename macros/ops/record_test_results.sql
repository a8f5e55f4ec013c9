{#- Renders a statement for on-run-end: note how each data test of this run ended, and forget
    tests that the project no longer has. Unit tests and tests that were skipped are not
    noted; a run without data tests, or whose role may not write the ledger, writes
    nothing.
    results: what dbt gives to on-run-end. -#}
{% macro record_test_results(results) -%}
    {%- if execute -%}
        {%- set tests = [] -%}
        {%- for result in results
            if result.node.resource_type == 'test' and result.status not in ['skipped', 'no-op'] -%}
            {% do tests.append(result) %}
        {%- endfor -%}
        {%- if tests and may_record_tests() -%}
            {{ upsert_test_results(tests) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
