{#- Runs statements: what the model yields is written where it differs from what stands, and
    all that is to be noted of it, the loads included. Where it yields nothing, only they are.
    relation: the hypertable. sql: the model's SQL. -#}
{% macro write_incoming(relation, sql) %}
    {%- set columns = model.columns.keys() | list -%}
    {%- set changes = relation.identifier ~ '__changes' -%}
    {%- set span = plan_for_span(sql) -%}
    {%- if span != 'false' or should_full_refresh() %}
        {% do collect_changes(relation, sql, changes, columns, span) %}
        {% call statement('upsert_changes') -%}
            {{ upsert_changes(relation, changes, columns) }}
        {%- endcall %}
        {% call statement('main') -%}
            {{ insert_new_rows(relation, sql, columns, span) }}
        {%- endcall %}
        {% do record_changes(relation, changes) %}
    {%- else %}
        {% call statement('main') -%}
            select 'unchanged' as hypertable
        {%- endcall %}
    {%- endif %}
    {% call statement('register') -%}
        {{ register_loads(relation.schema ~ '.' ~ relation.identifier) }};
        {{ register_bases(relation.schema ~ '.' ~ relation.identifier) }}
    {%- endcall %}
{% endmacro %}
