{#- Renders a predicate: may a bar meet one that is published before this build? Minutes far
    from all published ones do not, and the scan that reads them can tell.
    days: CTE of `days_before`. -#}
{% macro is_near_minutes_before(days) -%}
    (
        timeframe <> '1m'
        or (
            bar_start_at >= (
                select min(session_date)::timestamptz - interval '3 days'
                from {{ days }}
                where timeframe = '1m'
            )
            and bar_start_at < (
                select max(session_date)::timestamptz + interval '3 days'
                from {{ days }}
                where timeframe = '1m'
            )
        )
    )
{%- endmacro %}
