{#- Runs statements: make a hypertable what its configuration says, or stop the model where
    that cannot be. Where it is so already nothing but one query is run.
    relation: the hypertable. is_new: it was made just now. -#}
{% macro settle_hypertable(relation, is_new) %}
    {%- set name = relation.schema ~ '.' ~ relation.identifier -%}
    {%- set standing = table_settings(name) -%}
    {%- set key = config.require('unique_key') | sort | list -%}
    {%- set time_column = config.require('time_column') -%}
    {%- set chunk_interval = config.require('chunk_interval') -%}
    {%- set wrong -%}
        {%- if standing is none -%}
            it is no hypertable; drop or rename it
        {%- elif standing.key != key -%}
            its primary key is {{ standing.key | join(', ') or 'missing' }}, and the configured
            unique_key is {{ key | join(', ') }}; expected the same columns. Let the configuration
            and the constraint of the model follow the table, or drop the table
        {%- elif standing.time_column != time_column -%}
            it is parted by {{ standing.time_column }}, and the configured time_column is
            {{ time_column }}; drop the table
        {%- endif -%}
    {%- endset -%}
    {%- if wrong %}
        {{ exceptions.raise_compiler_error(
            name ~ ' cannot become what its model says: ' ~ wrong.split() | join(' ')
            ~ ' (`barhouse dbt run-operation drop_hypertable --args "{name: ' ~ name
            ~ '}"`), and build again: it is made anew from everything that landed.'
        ) }}
    {%- endif %}
    {% do refuse_other_columns(relation, standing.columns) %}

    {%- if not standing.has_chunk_interval %}
        {% call statement('chunk_interval') -%}
            select set_chunk_time_interval('{{ name }}', interval '{{ chunk_interval }}')
        {%- endcall %}
        {{ print(name ~ ': chunks made from now on are ' ~ chunk_interval ~ ' long.') }}
    {%- endif %}
    {% do settle_columnstore('table', name, standing, is_new) %}
    {% do settle_indexes(relation, standing.indexes) %}
{% endmacro %}
