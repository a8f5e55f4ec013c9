{#- Runs statements: drop every aggregate that is built from a relation, the last in the
    chain first, with the views on them.
    name: a hypertable or an aggregate, `schema.name`. Nothing is run where none stands on
    it. TimescaleDB's own `cascade` gives up at an aggregate that has dependants. -#}
{% macro drop_aggregates_on(name) %}
    {%- set query -%}
        with recursive aggregates as (
            select
                user_view_schema,
                user_view_name,
                raw_hypertable_id as source_id,
                mat_hypertable_id as own_id
            from _timescaledb_catalog.continuous_agg
        ),

        starts as (
            select id
            from _timescaledb_catalog.hypertable
            where schema_name || '.' || table_name = '{{ name }}'
            union all
            select own_id
            from aggregates
            where user_view_schema || '.' || user_view_name = '{{ name }}'
        ),

        dependants as (
            select aggregates.*, 1 as distance
            from aggregates
            inner join starts on aggregates.source_id = starts.id
            union all
            select aggregates.*, dependants.distance + 1
            from aggregates
            inner join dependants on aggregates.source_id = dependants.own_id
        )

        select user_view_schema, user_view_name from dependants order by distance desc
    {%- endset -%}
    {%- for schema, identifier in run_query(query).rows %}
        {% do adapter.drop_relation(api.Relation.create(
            database=target.dbname, schema=schema, identifier=identifier, type='materialized_view'
        )) %}
    {%- endfor %}
{% endmacro %}
