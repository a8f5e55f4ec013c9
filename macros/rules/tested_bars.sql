{#- Renders a query: the bars that a test of a table of core looks at. In a build those of the
    days that changed since the last one that came through, unless they are many; `dbt test`,
    and so the proofs, look at all.
    model: the table. -#}
{% macro tested_bars(model) -%}
    select bars.*
    from {{ model }} as bars
    {%- if flags.WHICH == 'build' and not many_days_changed() %}
    -- a session lies within a day of its date: that lets the key help
    inner join
        (
            select distinct instrument_id, session_date
            from ops.changed_days
        ) as changed_days
        on
            bars.instrument_id = changed_days.instrument_id
            and bars.session_date = changed_days.session_date
            {%- if model.identifier != 'bars_1d' %}
            and bars.bar_start_at >= (changed_days.session_date - 1)::timestamptz
            and bars.bar_start_at < (changed_days.session_date + 2)::timestamptz
            {%- endif %}
    {%- endif %}
{%- endmacro %}
