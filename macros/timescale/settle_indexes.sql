{#- Runs statements: the indexes of the config `indexes`, dbt's own list of {columns, unique,
    type}. What is missing is created, and what was created here and is not configured any
    more is dropped; all other indexes stay.
    relation: the hypertable or aggregate. standing: names of the indexes created here.
    schema: where they stand, if not beside it. -#}
{% macro settle_indexes(relation, standing, schema=none) %}
    {%- set wanted = {} -%}
    {%- for index in config.get('indexes', []) -%}
        {%- set told = (index.columns | join(', ')) ~ (index.unique or '') ~ (index.type or '') -%}
        {%- do wanted.update({relation.identifier ~ '__by_' ~ local_md5(told)[:8]: index}) -%}
    {%- endfor -%}
    {%- for name in standing if name not in wanted %}
        {% call statement('drop_index') -%}
            drop index {{ schema or relation.schema }}.{{ name }}
        {%- endcall %}
    {%- endfor %}
    {%- for name, index in wanted.items() if name not in standing %}
        {% call statement('create_index') -%}
            create {{ 'unique ' if index.unique }}index {{ name }}
            on {{ relation }} using {{ index.type or 'btree' }} ({{ index.columns | join(', ') }})
        {%- endcall %}
    {%- endfor %}
{% endmacro %}
