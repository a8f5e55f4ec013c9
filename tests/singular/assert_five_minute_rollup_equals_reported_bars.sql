-- Where a provider reports both minutes and five-minute bars around the clock, what is
-- built here from the minutes is what the provider built.
{{ config(group='core') }}

with built as (
    select * from {{ ref('rollup_5m') }}
),

reported as (
    select * from {{ ref('bars_intraday') }}
    where timeframe = '5m' and provider = 'sample'
),

compared as (
    select
        reported.instrument_id,
        reported.bar_start_at,
        reported.open,
        built.open as built_open,
        reported.high,
        built.high as built_high,
        reported.low,
        built.low as built_low,
        reported.close,
        built.close as built_close,
        reported.volume,
        built.volume as built_volume
    from built
    inner join reported
        on
            built.instrument_id = reported.instrument_id
            and built.bucket_start_at = reported.bar_start_at
    -- a bucket with a missing minute cannot be compared
    where built.minute_count = 5
),

different as (
    select *
    from compared
    where
        (open, high, low, close, volume)
        is distinct from (built_open, built_high, built_low, built_close, built_volume)
)

select * from different
