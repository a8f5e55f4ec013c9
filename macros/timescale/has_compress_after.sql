{#- Renders a predicate over the aliases of `settings_query`: there is just the compression
    policy that is configured. Before 2.28 TimescaleDB has none for an aggregate without a
    refresh policy; `barhouse maintain` compresses those. -#}
{% macro has_compress_after() -%}
    {%- set compress_after = config.get('compress_after') -%}
    (jobs.config ->> 'compress_after')::interval is not distinct from case
        when
            standing.materialized_only is null
            or regexp_match(extversion, '(\d+)\.(\d+)')::integer[] >= array[2, 28]
            then {{ "interval '" ~ compress_after ~ "'" if compress_after else 'null::interval' }}
    end
{%- endmacro %}
