{#- Runs statements outside a transaction: refresh an aggregate where its source changed
    since the last build, then pass the ranges on to the aggregates built from this one.
    name, source: `schema.name`. bucket: width of a bucket, e.g. '5 minutes'.
    Right after the aggregate was created that is every range ever recorded. What only the
    lake holds of the hypertable below is left out: a refresh there would erase what was
    rolled up from it. With no new range nothing is run. A build killed in between refreshes the same ranges again. -#}
{% macro refresh_aggregate(name, source, bucket) %}
    {%- set pending -%}
        with pending as (
            select
                range_id,
                time_bucket('{{ bucket }}', range_start_at) as start_at,
                -- the end is no part of the range
                time_bucket('{{ bucket }}', range_end_at - interval '1 microsecond')
                + interval '{{ bucket }}' as end_at
            from ops.changed_ranges
            where
                relation_name = '{{ source }}'
                and range_id > (
                    select last_range_id from ops.aggregate_states where relation_name = '{{ name }}'
                )
        ),

        merged as (
            select
                range_agg(tstzrange(start_at, end_at))
                - coalesce({{ archived_ranges_of(hypertable_below(source)) }}, '{}') as ranges,
                max(range_id) as last_range_id
            from pending
        )

        select lower(one_range)::text, upper(one_range)::text, merged.last_range_id
        from merged
        left join unnest(merged.ranges) as one_range on true
        where merged.last_range_id is not null
        order by 1
    {%- endset -%}
    {%- set ranges = run_query(pending).rows -%}
    {%- for start_at, end_at, _ in ranges if start_at is not none %}
        {% call statement('refresh_' ~ loop.index, auto_begin=False) -%}
            {{ adapter.marker_run_outside_transaction() }}
            call refresh_continuous_aggregate('{{ name }}', '{{ start_at }}', '{{ end_at }}');
        {%- endcall %}
    {%- endfor %}
    {%- if ranges | length > 0 %}
        {% call statement('record_refresh') -%}
            {%- for start_at, end_at, _ in ranges if start_at is not none %}
            insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)
            values ('{{ name }}', '{{ start_at }}', '{{ end_at }}', 0);
            {%- endfor %}
            update ops.aggregate_states
            set last_range_id = {{ ranges[0][2] }}
            where relation_name = '{{ name }}';
        {%- endcall %}
        {% do adapter.commit() %}
    {%- endif %}
{% endmacro %}
