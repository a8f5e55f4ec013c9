{#- Materialization `hypertable`: an incremental upsert into a TimescaleDB hypertable.

    The model's SQL yields the rows that should stand in the table after this build, for
    the keys it speaks of. Rows that stand there already with the same values are left
    alone, so nothing downstream is invalidated for nothing. A row that changes is first
    copied to the companion table `<name>_revisions`. The time ranges that changed go to
    `ops.changed_ranges`, and the pending loads to `ops.published_loads`, all in the
    same transaction.

    Config:
      time_column        column of the hypertable's time dimension (timestamptz or date)
      chunk_interval     e.g. '7 days'
      unique_key         list of columns, with the time column; also the primary key
      unchanged_columns  columns that alone do not make a row different (lineage)
      precedence         SQL predicate over `incoming` and `existing`: may incoming
                         replace existing?
      versioned_by       column by which, and by month, `ops.bar_versions` notes changes
      segment_by, order_by, compress_after
                         columnstore; compress_after adds a policy
      indexes            more indexes, as dbt has them: list of {columns, unique, type}

    `--full-refresh` ignores precedence and deletes the keys that the SQL no longer
    yields; the table itself and all that depends on it stay. -#}
{% materialization hypertable, adapter='timescaledb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set unique_key = config.require('unique_key') -%}
    {%- set time_column = config.require('time_column') -%}

    {%- if should_full_refresh()
        and 'model.barhouse.int_bars__judged' not in selected_resources %}
        {{ exceptions.raise_compiler_error(
            'A full refresh of ' ~ this ~ ' alone would delete every bar that is not'
            ~ ' pending; expected everything it is built from in the same run. Select +'
            ~ this.identifier ~ ', or run `barhouse build --full-refresh`.'
        ) }}
    {%- endif %}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('plan') -%}
        {{ plan_for_many_rows() }};
        -- a full refresh compares every row, compressed or not
        set local timescaledb.max_tuples_decompressed_per_dml_transaction = 0
    {%- endcall %}

    {% do refuse_without_landed_bars(this.schema ~ '.' ~ this.identifier) %}
    {%- if existing_relation is none %}
        {% do create_hypertable_relation(target_relation, sql) %}
    {%- elif existing_relation.type != 'table' %}
        {{ exceptions.raise_compiler_error(
            this ~ ' exists as a ' ~ existing_relation.type ~ '; expected a hypertable or nothing.'
            ~ ' Drop or rename it, then build again.'
        ) }}
    {%- endif %}
    {% do settle_hypertable(target_relation, existing_relation is none) %}
    {% do write_incoming(target_relation, sql) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- if existing_relation is none or should_full_refresh() %}
        {% do persist_docs(target_relation, model) %}
    {%- endif %}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
