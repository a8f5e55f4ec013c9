{#- Renders a select statement: bars summed up by instrument, session day, part of the
    session and bucket, the same from minutes and from an aggregate of them.
    rows: relation to sum up. bucket: SQL expression that names the bucket.
    ordered_by: column that puts the rows in order. of_minutes: true over minutes. -#}
{% macro summed_up(rows, bucket, ordered_by, of_minutes=false) -%}
    select
        instrument_id,
        session_date,
        session_scope,
        ({{ bucket }})::bigint as bucket,
        trim_scale(first(open, {{ ordered_by }})) as open,
        trim_scale(max(high)) as high,
        trim_scale(min(low)) as low,
        trim_scale(last(close, {{ ordered_by }})) as close,
        trim_scale(sum(volume)) as volume,
        trim_scale(sum({{ 'vwap * volume' if of_minutes else 'notional' }})) as notional,
        sum(trade_count)::bigint as trade_count,
        {{ 'count(*)' if of_minutes else 'sum(minute_count)::bigint' }} as minute_count,
        bool_and(is_final) as is_final
    from {{ rows }}
    group by instrument_id, session_date, session_scope, ({{ bucket }})::bigint
{%- endmacro %}
