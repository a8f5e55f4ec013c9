{#- Renders a query: each day that was judged or has lost its bars, with its number of bars
    and of those that break a hard rule.
    counts: relation of the days that were judged (int_bars__judged_days). -#}
{% macro counted_days_of(counts) -%}
    select
        instrument_id,
        timeframe,
        session_date,
        bar_count,
        violation_count
    from {{ counts }}
    union all
    -- a day without bars that may compete holds nothing back any more
    select
        held.instrument_id,
        held.timeframe,
        held.session_date,
        0,
        0
    from quality.quarantined_days as held
    left join {{ counts }} as judged
        on {{ same_day('held', 'judged') }}
    where
        held.state in ('open', 'released')
        and judged.instrument_id is null
        -- of a day in the lake nothing is judged
        and not {{ bar_is_archived('held', 'session_date::timestamptz') }}
{%- endmacro %}
