{#- Materialization `continuous_aggregate`: created once, refreshed where its source
    changed.

    A hash of the definition stands in `ops.aggregate_states`; a changed definition
    drops and rebuilds the aggregate with all that depends on it (the models downstream
    come next in the same build). The refresh covers the ranges that
    `ops.changed_ranges` lists for the source since the last build, widened to whole
    buckets, and runs outside a transaction.

    Config:
      source             the relation it is built from, `schema.name`, as in
                         `ops.changed_ranges`
      bucket             width of a bucket, e.g. '5 minutes'
      materialized_only  true (default): queries see refreshed buckets only
      segment_by, order_by, compress_after
                         columnstore; compress_after adds a policy
      indexes            more indexes -#}
{% materialization continuous_aggregate, adapter='timescaledb' %}
    {%- set target_relation = this.incorporate(type=this.MaterializedView) -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- set materialized_only = config.get('materialized_only', true) -%}
    {#- of the time when the default of materialized_only was a part of it -#}
    {%- set definition = local_md5(sql ~ true) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- set standing = table_settings(name) or {} -%}
    {%- set is_current = standing.definition == definition
        and not should_full_refresh() -%}
    {%- if not is_current %}
        {% do refuse_lost_history(
            name,
            [hypertable_below(config.require('source'))],
            "exists (select from ops.aggregate_states where relation_name = '" ~ name ~ "')"
        ) %}
        {% do create_aggregate(target_relation, name, definition, materialized_only, sql) %}
        {%- set standing = table_settings(name) -%}
    {%- endif %}

    {% do settle_aggregate(name, standing, not is_current) %}

    {% call statement('main') -%}
        select {{ "'kept'" if is_current else "'created'" }} as aggregate
    {%- endcall %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- if not is_current %}
        {#- to PostgreSQL a continuous aggregate is a view -#}
        {% do persist_docs(this.incorporate(type=this.View), model) %}
    {%- endif %}
    {% do adapter.commit() %}
    {% do refresh_aggregate(name, config.require('source'), config.require('bucket')) %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
