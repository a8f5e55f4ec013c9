{#- Renders the statement: one row per test, the newest result. -#}
{% macro upsert_test_results(tests) -%}
    {%- set known = graph.nodes.values() | selectattr('resource_type', 'equalto', 'test') -%}
    with gone as (
        delete from ops.test_results
        where not test_id = any(array[
            {%- for test in known %}'{{ test.unique_id }}'{{ ', ' if not loop.last }}{% endfor -%}
        ])
    )

    insert into ops.test_results as standing (
        test_id, test_name, models, status, failure_count, run_at, invocation_id, last_failed_at
    )
    values
    {%- for test in tests %}
    (
        '{{ test.node.unique_id }}',
        '{{ test.node.name }}',
        '{{ models_of_test(test.node) }}',
        '{{ test.status }}',
        {{ test.failures if test.failures is not none else 'null' }},
        now(),
        '{{ invocation_id }}',
        {{ 'now()' if test.status in ['fail', 'error', 'runtime error'] else 'null' }}
    ){{ ',' if not loop.last }}
    {%- endfor %}
    on conflict (test_id) do update
    set
        test_name = excluded.test_name,
        models = excluded.models,
        status = excluded.status,
        failure_count = excluded.failure_count,
        run_at = excluded.run_at,
        invocation_id = excluded.invocation_id,
        last_failed_at = coalesce(excluded.last_failed_at, standing.last_failed_at)
{%- endmacro %}
