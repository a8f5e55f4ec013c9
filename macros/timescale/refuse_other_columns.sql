{#- Stops the model when the standing hypertable does not have just the model's columns.
    relation: the standing hypertable. standing: its columns. -#}
{% macro refuse_other_columns(relation, standing) %}
    {%- set wanted = model.columns.keys() | list -%}
    {%- set missing = wanted | reject('in', standing) | list -%}
    {%- set surplus = standing | reject('in', wanted) | list -%}
    {%- if missing or surplus %}
        {{ exceptions.raise_compiler_error(
            relation ~ ' has other columns than its model: missing '
            ~ (missing | join(', ') or 'none') ~ ', surplus ' ~ (surplus | join(', ') or 'none')
            ~ '. Add or drop them with a migration in sql_bootstrap/migrations, or drop the'
            ~ ' table: `barhouse dbt run-operation drop_hypertable --args "{name: '
            ~ relation.schema ~ '.' ~ relation.identifier
            ~ '}"`; the next build makes it anew from everything that landed.'
        ) }}
    {%- endif %}
{% endmacro %}
