{#- Renders a select statement, the CTE `buckets` of a rollup that counts from midnight UTC:
    its rows with their symbol and the close of their session. Needs the CTEs `rollup`,
    `symbol_history`, `instruments` and `sessions` in scope. -#}
{% macro clock_buckets() -%}
    select
        symbol_history.symbol,
        rollup.instrument_id,
        rollup.session_date,
        rollup.session_scope,
        sessions.close_at,
        rollup.bucket_start_at as bar_start_at,
        rollup.open,
        rollup.high,
        rollup.low,
        rollup.close,
        rollup.volume,
        rollup.notional,
        rollup.notional_volume,
        rollup.trade_count,
        rollup.minute_count,
        rollup.is_final
    from rollup
    inner join symbol_history on {{ has_symbol('rollup', 'symbol_history') }}
    inner join instruments on rollup.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and rollup.session_date = sessions.session_date
{%- endmacro %}
