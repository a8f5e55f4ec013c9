{#- Renders a select statement: the bars of the CTE `buckets`, with their volume-weighted
    price, decimals without trailing zeros, and whether they are cut short by the end of
    their session. One that its minutes do not reach the end of is not final. Needs the
    CTEs `buckets` and `latest_minutes` in scope.
    width: SQL expression, the length of a bucket, e.g. interval '4 hours'. -#}
{% macro named_buckets(width) -%}
    {%- set is_cut -%}
        buckets.session_scope = 'regular'
        and buckets.bar_start_at + {{ width }} > buckets.close_at
    {%- endset -%}
    select
        -- keys
        buckets.symbol,
        buckets.bar_start_at,
        buckets.instrument_id,
        buckets.session_date,
        -- prices
        trim_scale(buckets.open) as open,
        trim_scale(buckets.high) as high,
        trim_scale(buckets.low) as low,
        trim_scale(buckets.close) as close,
        {{ vwap_of('buckets') }} as vwap,
        -- activity
        trim_scale(buckets.volume) as volume,
        buckets.trade_count,
        buckets.minute_count,
        -- flags
        buckets.session_scope,
        {{ is_cut }} as is_short,
        buckets.is_final
        and case
            when {{ is_cut }} then buckets.close_at
            else buckets.bar_start_at + {{ width }}
        end <= latest_minutes.last_minute_at + interval '1 minute' as is_final
    from buckets
    left join latest_minutes on buckets.instrument_id = latest_minutes.instrument_id
{%- endmacro %}
