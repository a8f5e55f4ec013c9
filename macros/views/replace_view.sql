{#- Renders statements: the view is replaced where it stands, and noted. With other columns it
    is made anew, and with it all that stands on it, by their own models: PostgreSQL settled
    what `select *` means when they were made.
    relation: the view. name: the same, `schema.name`. definition: its hash. sql: the select
    statement. -#}
{% macro replace_view(relation, name, definition, sql) %}
    {%- set column_count -%}
        (
            select count(*) from pg_catalog.pg_attribute
            where attrelid = to_regclass('{{ name }}') and attnum > 0
        )
    {%- endset -%}
    {%- if config.get('contract').enforced %}
        {{ get_assert_columns_equivalent(sql) }}
    {%- endif %}
    do $replace$
    declare
        count_before constant bigint := {{ column_count }};
    begin
        create or replace view {{ relation }} as (
            {{ sql }}
        );
        if count_before not in (0, {{ column_count }}) then
            raise invalid_table_definition;
        end if;
    exception when invalid_table_definition then
        drop view if exists {{ relation }} cascade;
        create view {{ relation }} as (
            {{ sql }}
        );
    end
    $replace$;
    {{ note_view(name, definition) }}
{% endmacro %}
