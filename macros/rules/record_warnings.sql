{#- Renders statements: note which days of those judged have bars that break a soft rule, and
    forget what was noted of them before. The bars are looked at only where one does.
    counts: relation of the days that were judged (int_bars__judged_days). -#}
{% macro record_warnings(counts) -%}
    delete from quality.warned_days as warned
    where exists (
        select from {{ counts }} as judged
        where {{ same_day('judged', 'warned') }}
    );
    insert into quality.warned_days (
        instrument_id, timeframe, session_date, rule, bar_start_at, bar_count
    )
    select
        bars.instrument_id, bars.timeframe, bars.session_date, broken.rule,
        min(bars.bar_start_at), count(*)
    from {{ ref('int_bars__judged') }} as bars
    inner join (
        select * from {{ counts }} where warning_count > 0
    ) as warned on {{ same_day('bars', 'warned') }}
    cross join lateral string_to_table(bars.warnings, ', ') as broken (rule)
    group by bars.instrument_id, bars.timeframe, bars.session_date, broken.rule
{%- endmacro %}
