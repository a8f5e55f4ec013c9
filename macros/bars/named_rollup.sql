{#- Renders a select statement: the bars of a rollup with their symbol, their
    volume-weighted price and decimals without trailing zeros. Needs the CTEs `rollup`,
    `symbol_history`, `instruments`, `sessions` and `latest_minutes` in scope.
    width: interval literal, the length of a bucket, e.g. '5 minutes'. A bucket that the minutes
    do not reach the end of is not final. -#}
{% macro named_rollup(width) -%}
    {%- set bucket_end -%}
        rollup.bucket_start_at + interval '{{ width }}'
    {%- endset -%}
    select
        -- keys
        symbol_history.symbol,
        rollup.bucket_start_at as bar_start_at,
        rollup.instrument_id,
        rollup.session_date,
        -- prices
        trim_scale(rollup.open) as open,
        trim_scale(rollup.high) as high,
        trim_scale(rollup.low) as low,
        trim_scale(rollup.close) as close,
        {{ vwap_of('rollup') }} as vwap,
        -- activity
        trim_scale(rollup.volume) as volume,
        rollup.trade_count,
        rollup.minute_count,
        -- flags
        rollup.session_scope,
        rollup.session_scope = 'regular'
        and {{ bucket_end }} > sessions.close_at as is_short,
        rollup.is_final
        and {{ bucket_end }} <= latest_minutes.last_minute_at + interval '1 minute' as is_final
    from rollup
    inner join symbol_history on {{ has_symbol('rollup', 'symbol_history') }}
    inner join instruments on rollup.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and rollup.session_date = sessions.session_date
    left join latest_minutes on rollup.instrument_id = latest_minutes.instrument_id
{%- endmacro %}
