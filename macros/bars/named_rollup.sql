{#- Renders a select statement: the bars of a rollup with their symbol, their
    volume-weighted price and decimals without trailing zeros.
    rollup, instruments, latest_minutes: names of the CTEs to read.
    width: interval literal, the length of a bucket, e.g. '5 minutes'. A bucket that the minutes
    do not reach the end of is not final. -#}
{% macro named_rollup(rollup, instruments, latest_minutes, width) -%}
    select
        -- keys
        {{ instruments }}.symbol,
        {{ rollup }}.bucket_start_at as bar_start_at,
        {{ rollup }}.instrument_id,
        -- prices
        trim_scale({{ rollup }}.open) as open,
        trim_scale({{ rollup }}.high) as high,
        trim_scale({{ rollup }}.low) as low,
        trim_scale({{ rollup }}.close) as close,
        {{ vwap_of(rollup) }} as vwap,
        -- activity
        trim_scale({{ rollup }}.volume) as volume,
        {{ rollup }}.trade_count,
        {{ rollup }}.minute_count,
        -- flags
        {{ rollup }}.is_final
        and {{ rollup }}.bucket_start_at + interval '{{ width }}'
        <= {{ latest_minutes }}.last_minute_at + interval '1 minute' as is_final
    from {{ rollup }}
    inner join {{ instruments }}
        on {{ rollup }}.instrument_id = {{ instruments }}.instrument_id
    left join {{ latest_minutes }}
        on {{ rollup }}.instrument_id = {{ latest_minutes }}.instrument_id
{%- endmacro %}
