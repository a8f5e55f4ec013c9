{#- Runs statements: drop the hypertable of a model with all that stands on it; the next
    build makes it anew from everything that landed, also what retention had dropped. Its
    table of revisions stays. For
    `barhouse dbt run-operation drop_hypertable --args '{name: core.bars_1m}'`.
    name: the hypertable, `schema.name`. Nothing is run where it does not exist. -#}
{% macro drop_hypertable(name) %}
    {% do drop_aggregates_on(name) %}
    {% call statement('drop_hypertable') -%}
        drop table if exists {{ name }} cascade;
        delete from ops.archived_ranges where relation_name = '{{ name }}'
    {%- endcall %}
    {% do adapter.commit() %}
{% endmacro %}
