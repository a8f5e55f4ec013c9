{#- Renders a select list: one coarser bar from finer ones, for a continuous aggregate.
    bucket: the column that puts the finer bars in order: their start or session minute.
    minute_count: SQL expression that counts minutes; 'count(*)' over minutes,
    'sum(minute_count)' over a finer aggregate.
    vwap_volume: SQL expression of the volume, in base units, that came with a vwap.
    The vwap itself is kept as notional and the volume it covers, never averaged. -#}
{% macro rolled_up_bars(bucket, minute_count, vwap_volume) -%}
    first(open, {{ bucket }}) as open,
    max(high) as high,
    min(low) as low,
    last(close, {{ bucket }}) as close,
    sum(volume) as volume,
    sum(notional) as notional,
    {{ vwap_volume }} as notional_volume,
    sum(trade_count)::bigint as trade_count,
    {{ minute_count }}::bigint as minute_count,
    bool_and(is_final) as is_final,
    min(session_minute) as session_minute
{%- endmacro %}
