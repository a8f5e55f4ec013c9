{#- Renders a select statement, the CTE `buckets` of a rollup that counts from the session's
    open: the parts of each bucket joined. Filters on symbol and day reach the rollup,
    because names are looked up before anything is summed up. Needs the CTEs `rollup`,
    `symbol_history`, `instruments` and `sessions` in scope.
    width: SQL expression, the length of a bucket, e.g. interval '4 hours'. -#}
{% macro session_buckets(width) -%}
    select
        symbol_history.symbol,
        rollup.instrument_id,
        rollup.session_date,
        rollup.session_scope,
        sessions.close_at,
        case rollup.session_scope when 'post' then sessions.close_at else sessions.open_at end
        + rollup.bucket_number * {{ width }} as bar_start_at,
        first(rollup.open, rollup.session_minute) as open,
        max(rollup.high) as high,
        min(rollup.low) as low,
        last(rollup.close, rollup.session_minute) as close,
        sum(rollup.volume) as volume,
        sum(rollup.notional) as notional,
        sum(rollup.notional_volume) as notional_volume,
        sum(rollup.trade_count)::bigint as trade_count,
        sum(rollup.minute_count)::bigint as minute_count,
        bool_and(rollup.is_final) as is_final
    from rollup
    inner join symbol_history on {{ has_symbol('rollup', 'symbol_history') }}
    inner join instruments on rollup.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and rollup.session_date = sessions.session_date
    group by
        symbol_history.symbol,
        rollup.instrument_id,
        rollup.session_date,
        rollup.session_scope,
        rollup.bucket_number,
        sessions.open_at,
        sessions.close_at
{%- endmacro %}
