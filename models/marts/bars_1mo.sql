-- Raw prices: across a split the bar mixes two bases; use the adjusted days to compare.
with bars as (
    select * from {{ ref('daily_bars') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

periods as (
    select * from {{ ref('calendar_periods') }}
    where timeframe = '1mo'
),

buckets as (
    {{ period_buckets('month') }}
),

judged as (
    {{ judged_periods('month_start_date') }}
)

select * from judged
