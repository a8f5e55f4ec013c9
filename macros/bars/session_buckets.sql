{#- Renders CTEs that build the bars of a rollup whose buckets count from the session's open,
    up to the CTE `named`: parts are joined, a regular bucket ends with its session. Filters
    on symbol and day reach the rollup, because names are looked up before anything is
    summed up. Needs the CTEs `rollup`, `symbol_history`, `instruments`, `sessions` and
    `latest_minutes` in scope.
    width: SQL expression, the length of a bucket, e.g. interval '4 hours'. -#}
{% macro session_buckets(width) -%}
joined as (
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
),

named as (
    select
        -- keys
        joined.symbol,
        joined.bar_start_at,
        joined.instrument_id,
        joined.session_date,
        -- prices
        trim_scale(joined.open) as open,
        trim_scale(joined.high) as high,
        trim_scale(joined.low) as low,
        trim_scale(joined.close) as close,
        {{ vwap_of('joined') }} as vwap,
        -- activity
        trim_scale(joined.volume) as volume,
        joined.trade_count,
        joined.minute_count,
        -- flags
        joined.session_scope,
        {{ _is_cut(width) }} as is_short,
        joined.is_final
        and case
            when {{ _is_cut(width) }} then joined.close_at
            else joined.bar_start_at + {{ width }}
        end <= latest_minutes.last_minute_at + interval '1 minute' as is_final
    from joined
    left join latest_minutes on joined.instrument_id = latest_minutes.instrument_id
)
{%- endmacro %}

{#- Renders a predicate: the session ends before the bucket does. -#}
{% macro _is_cut(width) -%}
    (
        joined.session_scope = 'regular'
        and joined.bar_start_at + {{ width }} > joined.close_at
    )
{%- endmacro %}
