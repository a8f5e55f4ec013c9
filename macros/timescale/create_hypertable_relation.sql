{#- Runs statements: create the empty hypertable of a model and its companion table of
    revisions, which outlives it.
    relation: the hypertable to create.
    sql: the model's SQL; checked against the contract. -#}
{% macro create_hypertable_relation(relation, sql) %}
    {%- set time_column = config.require('time_column') -%}
    {{ get_assert_columns_equivalent(sql) }}
    {% call statement('create_hypertable') -%}
        create table {{ relation }} {{ get_table_columns_and_constraints() }};
        select create_hypertable(
            '{{ relation }}',
            by_range('{{ time_column }}', interval '{{ config.require("chunk_interval") }}'),
            create_default_indexes => false
        );
        create table if not exists {{ revisions_of(relation) }} (
            like {{ relation }},
            revised_at timestamptz not null default now()
        );
        create index if not exists {{ relation.identifier }}_revisions_by_key
        on {{ revisions_of(relation) }} ({{ config.require('unique_key') | join(', ') }});
        comment on table {{ revisions_of(relation) }} is
        'Rows of {{ relation.identifier }} as they stood before a later load changed them';
        {%- if config.get('versioned_by') %}
        -- of another table of this name, which may have had rows that this one will not
        delete from ops.bar_versions
        where relation_name = '{{ relation.schema }}.{{ relation.identifier }}';
        {%- endif %}
    {%- endcall %}
{% endmacro %}
