{#- Runs statements, in place of dbt's own: comments of a relation and its columns that are not
    what the model says. dbt would write every comment anew in every build.
    relation: what is described. model: who describes it. for_relation, for_columns: whether
    the relation's own comment, and those of its columns, are looked at. -#}
{% macro timescaledb__persist_docs(relation, model, for_relation, for_columns) %}
    {%- set id = "to_regclass('" ~ relation.schema ~ '.' ~ relation.identifier ~ "')" -%}
    {%- set standing = {} -%}
    {%- for name, comment in run_query(
        "select ' ' as name, obj_description(" ~ id ~ ", 'pg_class') union all"
        ~ ' select attname::text, col_description(attrelid, attnum) from pg_attribute'
        ~ ' where attrelid = ' ~ id ~ ' and attnum > 0 and not attisdropped'
    ).rows -%}
        {%- do standing.update({name | trim: comment or ''}) -%}
    {%- endfor -%}
    {%- set changes -%}
        {%- if for_relation and config.persist_relation_docs() and model.description
            and standing[''] != model.description %}
            {{ alter_relation_comment(relation, model.description) }};
        {%- endif %}
        {%- for column in model.columns.values()
            if for_columns and config.persist_column_docs() and column.name in standing
            and standing[column.name] != column.description %}
            comment on column {{ relation }}.{{ column.name }}
            is {{ postgres_escape_comment(column.description) }};
        {%- endfor %}
    {%- endset -%}
    {%- if changes | trim %}
        {% do run_query(changes) %}
    {%- endif %}
{% endmacro %}
