{#- Runs statements: what the model yields is written where it differs from what stands, and
    all that is to be noted of it, the loads included. Where it yields nothing, only they are.
    relation: the hypertable. sql: the model's SQL. -#}
{% macro write_incoming(relation, sql) %}
    {%- set columns = model.columns.keys() | list -%}
    {%- set changes = relation.identifier ~ '__changes' -%}
    {%- set days = relation.identifier ~ '__days' -%}
    {%- set plan = plan_for_span(relation, sql, columns, days) -%}
    {#- A plain insert is twice as fast as one that asks of each row whether it is new. -#}
    {%- if plan.is_free and not should_full_refresh() %}
        {% call statement('main') -%}
            insert into {{ relation }} ({{ columns | join(', ') }})
            select {{ columns_of('incoming', columns) }}
            from ({{ sql }}) as incoming
        {%- endcall %}
        {% do record_changes(relation, days, 'last_at', 'row_count') %}
    {%- elif plan.row_count > 0 or should_full_refresh() %}
        {% do collect_changes(relation, sql, changes, columns, plan.span) %}
        {% call statement('upsert_changes') -%}
            {{ upsert_changes(relation, changes, columns) }}
        {%- endcall %}
        {% call statement('main') -%}
            {{ insert_new_rows(relation, sql, columns, plan.span) }}
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
