{#- Renders a select statement: what the database says of a hypertable, or of the one that
    keeps an aggregate, beside what is configured. No row where it does not stand; lists are
    text, with commas.
    name: `schema.name`. -#}
{% macro settings_query(name) -%}
    {%- set chunk_interval = config.get('chunk_interval') -%}
    with standing as (
        select
            tables.id,
            tables.compression_state = 1 as is_columnstore,
            aggregates.materialized_only,
            pg_class.oid as relid
        from _timescaledb_catalog.hypertable as tables
        inner join pg_namespace on tables.schema_name = nspname
        inner join pg_class on tables.table_name = relname and pg_namespace.oid = relnamespace
        left join _timescaledb_catalog.continuous_agg as aggregates
            on tables.id = aggregates.mat_hypertable_id
        where
            coalesce(aggregates.user_view_schema, tables.schema_name) || '.'
            || coalesce(aggregates.user_view_name, tables.table_name) = '{{ name }}'
    )

    select
        (
            select string_agg(attname, ',') from pg_attribute
            where attrelid = standing.relid and attnum > 0 and not attisdropped
        ) as columns,
        (
            select string_agg(attname, ',' order by attname)
            from pg_index
            inner join pg_attribute on indrelid = attrelid and attnum = any(indkey)
            where indrelid = standing.relid and indisprimary
        ) as key,
        dimensions.column_name::text as time_column,
        {{ "dimensions.interval_length = extract(epoch from interval '" ~ chunk_interval ~ "') * 1e6"
            if chunk_interval else 'true' }} as has_chunk_interval,
        standing.materialized_only,
        (
            select definition_hash from ops.aggregate_states where relation_name = '{{ name }}'
        ) as definition,
        standing.is_columnstore,
        array_to_string(settings.segmentby, ',') as segment_by,
        {{ columns_in_order('settings') }} as order_by,
        jobs.job_id is not null as has_policy,
        {{ has_compress_after() }} as has_compress_after,
        (
            select string_agg(relname, ',')
            from pg_index
            inner join pg_class on indexrelid = pg_class.oid
            where indrelid = standing.relid and relname ~ '__by_[0-9a-f]{8}$'
        ) as indexes
    from standing
    inner join _timescaledb_catalog.dimension as dimensions on standing.id = dimensions.hypertable_id
    inner join pg_extension on extname = 'timescaledb'
    left join _timescaledb_catalog.compression_settings as settings on standing.relid = settings.relid
    left join timescaledb_information.jobs as jobs
        on
            jobs.proc_name in ('policy_compression', 'policy_columnstore')
            and standing.id = (jobs.config ->> 'hypertable_id')::integer
{%- endmacro %}
