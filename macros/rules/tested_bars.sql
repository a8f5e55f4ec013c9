{#- Renders a query: the bars that a test of a table of core looks at. In a build those of the
    days that changed since the last one that came through, unless they are many; `dbt test`,
    and so the proofs, look at all.
    model: the table. -#}
{% macro tested_bars(model) -%}
    select bars.*
    {%- if flags.WHICH == 'build' and not many_days_changed() %}
    from
        (
            select distinct instrument_id, session_date
            from ops.changed_days
        ) as changed_days
    -- looked up by the key, day by day, whatever the planner expects; a session lies within a
    -- day of its date
    cross join
        lateral (
            select *
            from {{ model }} as standing
            where
                standing.instrument_id = changed_days.instrument_id
                and standing.session_date = changed_days.session_date
                {%- if model.identifier != 'bars_1d' %}
                and standing.bar_start_at >= (changed_days.session_date - 1)::timestamptz
                and standing.bar_start_at < (changed_days.session_date + 2)::timestamptz
                {%- endif %}
            offset 0
        ) as bars
    {%- else %}
    from {{ model }} as bars
    {%- endif %}
{%- endmacro %}
