{#- Renders statements: note which days of those judged have bars that break a soft rule, and
    forget what was noted of them before.
    judged: the relation with the verdicts (int_bars__judged). -#}
{% macro record_warnings(judged) -%}
    delete from quality.warned_days as warned
    using {{ judged }} as judged
    where {{ same_day('judged', 'warned') }};
    insert into quality.warned_days (
        instrument_id, timeframe, session_date, rule, bar_start_at, bar_count
    )
    select instrument_id, timeframe, session_date, rule, min(bar_start_at), count(*)
    from {{ judged }}
    cross join lateral string_to_table(warnings, ', ') as broken (rule)
    where warnings is not null
    group by instrument_id, timeframe, session_date, rule
{%- endmacro %}
