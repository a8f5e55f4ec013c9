{#- Renders a statement: insert the rows whose key is not there yet, straight from the
    model's SQL, and note the ranges and days they lie in and their new versions. A plain
    insert: most rows are new, and asking each for a conflict costs half as much again.
    relation: the hypertable. sql: the model's SQL. columns: the model's columns.
    span: predicate of `plan_for_span`. -#}
{% macro insert_new_rows(relation, sql, columns, span) -%}
    {%- set key = config.require('unique_key') -%}
    {%- set time_column = config.require('time_column') -%}
    with incoming as (
        {{ sql }}
    ),

    added as (
        insert into {{ relation }} ({{ columns | join(', ') }})
        select {{ columns_of('incoming', columns) }}
        from incoming
        where not exists (
            select from {{ relation }} as existing
            where {{ same_key('incoming', 'existing', key) }} and {{ span }}
        )
        returning {{ columns | select('in', key + ['session_date', time_column]) | join(', ') }}
    ),

    -- looked at once, whatever is to be noted of it
    summed_up as (
        {{ rows_summed_up('added', columns) }}
    ),

    noted as (
        {{ note_changed_days(relation, 'summed_up') }}
    )
    {%- if config.get('versioned_by') %},

    versions as (
        {{ record_versions(relation, 'summed_up') }}
    )
    {%- endif %}

    insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)
    {{ changed_ranges(relation, 'summed_up', 'last_at', 'row_count') }}
{%- endmacro %}
