{#- Runs statements outside a transaction: refresh an aggregate where its source changed
    since the last build, then pass the ranges on to the aggregates built from this one.
    name, source: `schema.name`. bucket: width of a bucket, e.g. '5 minutes'.
    Right after the aggregate was created that is every range ever recorded. With no new
    range nothing is run. A build killed in between refreshes the same ranges again.
    One transaction takes in all buckets of a range (0): of TimescaleDB's own batches of ten,
    each reads the source anew. -#}
{% macro refresh_aggregate(name, source, bucket) %}
    {%- set ranges = run_query(ranges_to_refresh(name, source, bucket)).rows -%}
    {%- if ranges | length > 0 %}
        {% call statement('unpack_all') -%}
            -- however many rows a range has in compressed chunks
            set timescaledb.max_tuples_decompressed_per_dml_transaction = 0;
            -- of more ranges than that, all that lies between would be made anew, too
            set timescaledb.materializations_per_refresh_window = 100000;
            -- the key puts bars in order, so that groups follow each other without a hash or a
            -- sort, which go to the disk; summing up each chunk by itself would need both, and
            -- compiling the expressions of every chunk takes longer than running them
            set enable_hashagg = off;
            set enable_seqscan = off;
            set timescaledb.enable_chunkwise_aggregation = off;
            set jit = off;
            set work_mem = '{{ var("work_mem") }}'
        {%- endcall %}
        {% do adapter.commit() %}
    {%- endif %}
    {%- for start_at, end_at, _ in ranges if start_at is not none %}
        {% call statement('refresh_' ~ loop.index, auto_begin=False) -%}
            {{ adapter.marker_run_outside_transaction() }}
            call refresh_continuous_aggregate('{{ name }}', '{{ start_at }}', '{{ end_at }}',
                options => '{"buckets_per_batch": 0}');
        {%- endcall %}
    {%- endfor %}
    {%- if ranges | length > 0 %}
        {% call statement('record_refresh') -%}
            {%- for start_at, end_at, _ in ranges if start_at is not none %}
            insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)
            values ('{{ name }}', '{{ start_at }}', '{{ end_at }}', 0);
            {%- endfor %}
            {{ note_refreshed_versions(name, source) }};
            update ops.aggregate_states
            set last_range_id = {{ ranges[0][2] }}
            where relation_name = '{{ name }}';
            reset enable_hashagg;
            reset enable_seqscan;
            reset timescaledb.enable_chunkwise_aggregation;
            reset jit;
            reset work_mem
        {%- endcall %}
        {% do adapter.commit() %}
    {%- endif %}
{% endmacro %}
