{#- Renders statements: note which days of those judged have bars that break a soft rule, and
    forget what was noted of them before. The bars are looked at only where a rule is soft.
    judged: the relation with the verdicts (int_bars__judged). -#}
{% macro record_warnings(judged) -%}
    delete from quality.warned_days as warned
    where exists (
        select from {{ judged }} as judged
        where {{ same_day('judged', 'warned') }}
    )
    {%- if 'soft' in settled_rules().values() | map(attribute='severity') | list -%}
    ;
    insert into quality.warned_days (
        instrument_id, timeframe, session_date, rule, bar_start_at, bar_count
    )
    select instrument_id, timeframe, session_date, rule, min(bar_start_at), count(*)
    from {{ judged }}
    cross join lateral string_to_table(warnings, ', ') as broken (rule)
    where warnings is not null
    group by instrument_id, timeframe, session_date, rule
    {%- endif -%}
{%- endmacro %}
