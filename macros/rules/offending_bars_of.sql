{#- Renders a query: what the bars of each bad day break, and the first five of them.
    bad_days: CTE of these days; the bars are looked at only where there is one. -#}
{% macro offending_bars_of(bad_days) -%}
    select
        judged.instrument_id,
        judged.timeframe,
        judged.session_date,
        string_agg(distinct rule, ', ' order by rule) as rules,
        string_agg(distinct judged.provider, ', ' order by judged.provider) as providers,
        jsonb_agg(to_jsonb(judged) - 'is_pending' order by judged.bar_start_at)
        filter (where place <= 5 and rule = split_part(judged.violations, ', ', 1)) as evidence
    from (
        select
            bars.*,
            row_number() over (
                partition by bars.instrument_id, bars.timeframe, bars.session_date
                order by bars.bar_start_at
            ) as place
        from {{ ref('int_bars__judged') }} as bars
        inner join {{ bad_days }} on {{ same_day('bars', bad_days) }}
        where bars.violations is not null
    ) as judged
    cross join unnest(string_to_array(judged.violations, ', ')) as rule
    group by judged.instrument_id, judged.timeframe, judged.session_date
{%- endmacro %}
