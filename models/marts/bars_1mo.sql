-- Raw prices: across a split the bar mixes two bases; use the adjusted days to compare.
with bars as (
    select * from {{ ref('daily_bars') }}
),

months as (
    select
        -- keys
        last(symbol, session_date) as symbol,
        date_trunc('month', session_date)::date as month_start_date,
        instrument_id,
        -- prices
        first(open, session_date) as open,
        max(high) as high,
        min(low) as low,
        last(close, session_date) as close,
        -- activity
        sum(volume) as volume,
        count(*) as session_count,
        -- flags
        bool_and(is_final) as has_final_days
    from bars
    group by date_trunc('month', session_date), instrument_id
),

-- a month is final once a later one has begun
finished as (
    select
        -- keys
        symbol,
        month_start_date,
        instrument_id,
        -- prices
        open,
        high,
        low,
        close,
        -- activity
        volume,
        session_count,
        -- flags
        has_final_days
        and month_start_date < max(month_start_date) over (
            partition by instrument_id
        ) as is_final
    from months
)

select * from finished
