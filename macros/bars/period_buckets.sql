{#- Renders a select statement, the CTE `buckets` of calendar weeks or months: the days of each
    put together. Needs the CTE `bars` (daily bars) in scope.
    unit: `week` or `month`. -#}
{% macro period_buckets(unit) -%}
    select
        last(symbol, session_date) as symbol,
        date_trunc('{{ unit }}', session_date::timestamp)::date as period_start_date,
        instrument_id,
        first(open, session_date) as open,
        max(high) as high,
        min(low) as low,
        last(close, session_date) as close,
        sum(volume) as volume,
        array_agg(session_date) as session_dates,
        bool_and(is_final) as has_final_days
    from bars
    group by date_trunc('{{ unit }}', session_date::timestamp), instrument_id
{%- endmacro %}
