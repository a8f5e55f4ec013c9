{#- Renders a query: what the bars of each bad day break, and the first five of them. -#}
{% macro offending_bars_of(judged) -%}
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
                partition by instrument_id, timeframe, session_date order by bar_start_at
            ) as place
        from {{ judged }} as bars
        where violations is not null
    ) as judged
    cross join unnest(string_to_array(judged.violations, ', ')) as rule
    group by judged.instrument_id, judged.timeframe, judged.session_date
{%- endmacro %}
