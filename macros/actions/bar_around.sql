{#- Renders a scalar subquery: the start of the bar nearest to an ex-date, from the CTE
    `bars` for a row of `probes`; null when no bar lies in the days. Sessions start and end
    within two days of their date: that lets the index help.
    first_day, last_day: session days to look at, as days after the ex-date.
    direction: `desc` for the last bar in them, `asc` for the first. -#}
{% macro bar_around(first_day, last_day, direction) -%}
    (
        select bars.bar_start_at
        from bars
        where
            bars.provider_symbol = probes.provider_symbol
            and bars.timeframe = probes.timeframe
            and bars.bar_start_at
            >= (probes.ex_date + {{ first_day - 2 }})::timestamptz
            and bars.bar_start_at < (probes.ex_date + {{ last_day + 3 }})::timestamptz
            and bars.provider = probes.provider
            and bars.asset_class = probes.asset_class
            and {{ session_day('bars', 'probes') }}
            between probes.ex_date + {{ first_day }} and probes.ex_date + {{ last_day }}
        order by bars.bar_start_at {{ direction }}
        limit 1
    )
{%- endmacro %}
