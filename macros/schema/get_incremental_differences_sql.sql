{#- The incremental strategy `differences`, for a table that its model tells from its first row
    to its last: rows that are gone or differ go, new ones come, equal ones are not touched.
    The table stays, and with it the views on it and whoever reads it meanwhile; where
    nothing changed, nothing is written.
    told: dbt's dictionary of the relations, the key and the columns. -#}
{% macro get_incremental_differences_sql(told) %}
    {%- set columns = get_quoted_csv(told.dest_columns | map(attribute='name')) -%}
    {%- set key = told.unique_key | join(', ') -%}
    delete from {{ told.target_relation }}
    where ({{ key }}) in (
        select {{ key }}
        from (
            select {{ columns }} from {{ told.target_relation }}
            except all
            select {{ columns }} from {{ told.temp_relation }}
        ) as gone
    );
    insert into {{ told.target_relation }} ({{ columns }})
    select {{ columns }} from {{ told.temp_relation }}
    except all
    select {{ columns }} from {{ told.target_relation }}
{% endmacro %}
