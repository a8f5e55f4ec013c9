{#- Stops a full refresh where bars that landed are not here: it would delete what was built
    from them. That is so after rows of the landing table were removed by hand. Nothing is asked
    in any other run.
    name: the hypertable, `schema.name`. -#}
{% macro refuse_without_landed_bars(name) %}
    {%- set missing -%}
        select count(distinct requests._dlt_load_id), min(requests._dlt_load_id)
        from staging.requests as requests
        inner join ops.published_loads as published
            on requests._dlt_load_id = published.load_id and published.consumer = '{{ name }}'
        where
            requests.row_count > 0
            and coalesce(requests.dataset, 'bars') = 'bars'
            and requests.timeframe is not null
            and not exists (
                select from staging.raw_bars as bars
                where bars._dlt_load_id = requests._dlt_load_id
            )
    {%- endset -%}
    {%- set found = run_query(missing).rows[0] if should_full_refresh() else [0] -%}
    {%- if found[0] > 0 %}
        {{ exceptions.raise_compiler_error(
            'A full refresh of ' ~ name ~ ' would delete bars: ' ~ found[0]
            ~ ' loads that it has published are not in staging.raw_bars any more, the first of'
            ~ ' them ' ~ found[1] ~ '. Bring them back with `barhouse lake restore landed_bars`.'
        ) }}
    {%- endif %}
{% endmacro %}
