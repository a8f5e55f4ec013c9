{#- Runs statements: make a continuous aggregate what its configuration says, but for its
    definition. Nothing is run where it is so already.
    name: `schema.name`. standing: what `table_settings` returned. is_new: it was made just
    now. -#}
{% macro settle_aggregate(name, standing, is_new) %}
    {%- set materialized_only = config.get('materialized_only', true) -%}
    {%- if standing.materialized_only != materialized_only %}
        {% call statement('materialized_only') -%}
            alter materialized view {{ name }}
            set (timescaledb.materialized_only = {{ materialized_only | lower }})
        {%- endcall %}
        {{ print(
            name ~ ': queries see ' ~ ('refreshed buckets only.' if materialized_only
            else 'buckets that are not refreshed, too.')
        ) }}
    {%- endif %}
    {% do settle_columnstore('materialized view', name, standing, is_new) %}
    {#- They stand on the hypertable that keeps the aggregate. -#}
    {% do settle_indexes(this, standing.indexes, schema='_timescaledb_internal') %}
{% endmacro %}
