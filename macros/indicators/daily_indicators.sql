{#- Renders a select statement for a lateral join: the indicators of one instrument, each
    null until its history is long enough.
    one: alias with its instrument_id. days, factors: relations. -#}
{% macro daily_indicators(one, days, factors) -%}
    with bars as (
        {{ numbered_bars(one, days, factors) }}
    ),

    {{ indicator_steps('bars') }}

    select
        session_date,
        instrument_id,
        close,
        is_final,
        return_1,
        logreturn_1,
        case when bar_number >= 21 then stddev_samp(logreturn_1) over last_20 end as vol_20,
        sma_20,
        ema_20,
        -- weights 1 to 20: each close counts its number, less that of the first
        case when bar_number >= 20 then (
            sum(close * bar_number) over last_20
            - (bar_number - 20) * sum(close) over last_20
        ) / 210 end as wma_20,
        sma_20 - 2 * spread as bbands_20_2_lower,
        sma_20 as bbands_20_2_middle,
        sma_20 + 2 * spread as bbands_20_2_upper,
        macd,
        core.ema(macd, 9) over so_far as macd_signal,
        macd - core.ema(macd, 9) over so_far as macd_hist,
        100 * {{ share_of('gain', 'gain + loss') }} as rsi_14,
        stoch_k as stoch_14_3_3_k,
        case when bar_number >= 18 then avg(stoch_k) over (
            so_far rows between 2 preceding and current row
        ) end as stoch_14_3_3_d,
        atr_14,
        core.wilder(
            case
                when bar_number <= 14 then null
                -- a bar without any direction leaves the index as it is
                when bar_number > 28 and abs(rises + falls) < 1e-14 then null
                else 100 * {{ share_of('abs(rises - falls)', '(rises + falls)') }}
            end,
            14
        ) over so_far as adx_14,
        sum(
            case when change is null then 1 else sign(change) end * coalesce(volume, 0)
        ) over so_far as obv,
        case when volume > 0 then coalesce(vwap, (high + low + close) / 3) end as vwap
    from smoothed
    window
        so_far as (order by session_date),
        last_20 as (order by session_date rows between 19 preceding and current row)
{%- endmacro %}
