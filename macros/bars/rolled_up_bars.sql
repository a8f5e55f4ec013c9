{#- Renders a select list: one coarser bar from finer ones, for a continuous aggregate.
    bucket: the column that puts the finer bars in order: their start or session minute.
    of_minutes: true over minutes, false over a finer aggregate.
    The vwap itself is kept as notional and the volume it covers, never averaged. -#}
{% macro rolled_up_bars(bucket, of_minutes=false) -%}
    first(open, {{ bucket }}) as open,
    max(high) as high,
    min(low) as low,
    last(close, {{ bucket }}) as close,
    sum(volume) as volume,
    {%- if of_minutes %}
    sum(vwap * volume) as notional,
    sum(case when vwap is not null then volume end) as notional_volume,
    {%- else %}
    sum(notional) as notional,
    sum(notional_volume) as notional_volume,
    {%- endif %}
    sum(trade_count)::bigint as trade_count,
    {{ 'count(*)' if of_minutes else 'sum(minute_count)' }}::bigint as minute_count,
    bool_and(is_final) as is_final,
    min(session_minute) as session_minute
{%- endmacro %}
