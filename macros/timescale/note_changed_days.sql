{#- Renders an insert statement: the session days that rows lie on, for `core.day_profiles`. In
    the transaction that changes the rows, so that a build that is killed later forgets none.
    relation: a hypertable of bars; one without the column `timeframe` holds a single one,
    which its name ends with. rows: the relation or CTE with the rows. -#}
{% macro note_changed_days(relation, rows) -%}
    insert into ops.changed_days (instrument_id, timeframe, session_date)
    select distinct
        instrument_id,
        {{ 'timeframe' if 'timeframe' in model.columns
            else "'" ~ relation.identifier.split('_') | last ~ "'" }},
        session_date
    from {{ rows }}
    on conflict do nothing
{%- endmacro %}
