{#- Runs statements: drop an outdated aggregate with its dependants, create the new one
    empty and note its definition.
    relation, name: the aggregate. definition: hash of what it is made from.
    materialized_only: whether queries see refreshed buckets only.
    sql: the model's SQL. -#}
{% macro create_aggregate(relation, name, definition, materialized_only, sql) %}
    {{ get_assert_columns_equivalent(sql) }}
    {% do drop_aggregates_on(name) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none %}
        {% do adapter.drop_relation(existing) %}
    {%- endif %}
    {% call statement('create_aggregate') -%}
        create materialized view {{ relation }}
        with (
            timescaledb.continuous,
            timescaledb.materialized_only = {{ materialized_only | lower }}
        ) as
        {{ sql }}
        with no data;

        insert into ops.aggregate_states (relation_name, definition_hash)
        values ('{{ name }}', '{{ definition }}')
        on conflict (relation_name) do update
        set definition_hash = excluded.definition_hash, last_range_id = 0, built_at = now();
        delete from ops.bar_versions where relation_name = '{{ name }}';
    {%- endcall %}
{% endmacro %}
