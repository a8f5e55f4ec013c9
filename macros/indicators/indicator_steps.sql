{#- Renders CTEs up to `smoothed`: what the indicators of one instrument are made of.
    bars: CTE with session_date, bar_number (from 1), high, low, close. -#}
{% macro indicator_steps(bars) -%}
moved as (
    select
        *,
        close - lag(close) over so_far as change,
        close / lag(close) over so_far - 1 as return_1,
        ln(close / lag(close) over so_far) as logreturn_1,
        high - lag(high) over so_far as rise,
        lag(low) over so_far - low as fall,
        case when bar_number > 1 then
            greatest(high, lag(close) over so_far) - least(low, lag(close) over so_far)
        end as true_range,
        case when bar_number >= 14 then 100 * {{ share_of(
            'close - min(low) over last_14',
            '(max(high) over last_14 - min(low) over last_14)'
        ) }} end as place
    from {{ bars }}
    window
        so_far as (order by session_date),
        last_14 as (order by session_date rows between 13 preceding and current row)
),

smoothed as (
    select
        *,
        case when bar_number >= 20 then avg(close) over last_20 end as sma_20,
        case when bar_number >= 20 then stddev_pop(close) over last_20 end as spread,
        core.ema(close, 20) over so_far as ema_20,
        -- the quicker mean starts as late as the slower one has a value
        core.ema(case when bar_number > 14 then close end, 12) over so_far
        - core.ema(close, 26) over so_far as macd,
        core.wilder(case when bar_number > 1 then greatest(change, 0) end, 14)
            over so_far as gain,
        core.wilder(case when bar_number > 1 then greatest(-change, 0) end, 14)
            over so_far as loss,
        core.wilder(true_range, 14) over so_far as atr_14,
        case when bar_number >= 16 then avg(place) over (
            so_far rows between 2 preceding and current row
        ) end as stoch_k,
        -- the first bar, which moved nowhere, counts here
        {{ share_of(
            'core.wilder(case when rise > 0 and rise > fall then rise else 0 end, 14)'
            ~ ' over so_far',
            'core.wilder(coalesce(true_range, 0), 14) over so_far'
        ) }} as rises,
        {{ share_of(
            'core.wilder(case when fall > 0 and fall > rise then fall else 0 end, 14)'
            ~ ' over so_far',
            'core.wilder(coalesce(true_range, 0), 14) over so_far'
        ) }} as falls
    from moved
    window
        so_far as (order by session_date),
        last_20 as (order by session_date rows between 19 preceding and current row)
)
{%- endmacro %}
