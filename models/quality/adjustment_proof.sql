-- Two roads to one return: prices and cash as they were, and the adjusted series. By
-- the convention of the series a dividend D buys shares at C - D, so its return, times
-- 1 - D / C, is that of who kept the cash.
with returns as (
    select * from {{ ref('returns_1d') }}
),

adjusted as (
    select * from {{ ref('bars_1d_adjusted') }}
),

series as (
    select
        symbol,
        session_date,
        instrument_id,
        close,
        dividend_factor,
        lag(close) over by_date as previous_close,
        lag(dividend_factor) over by_date as previous_dividend_factor
    from adjusted
    window by_date as (partition by instrument_id order by session_date)
),

compared as (
    select
        -- keys
        series.symbol,
        series.session_date,
        series.instrument_id,
        -- actions between
        returns.action_count,
        -- returns
        returns.total_return,
        (series.close / series.previous_close - 1)
        * series.previous_dividend_factor / series.dividend_factor as proved_return
    from series
    inner join returns
        on
            series.instrument_id = returns.instrument_id
            and series.session_date = returns.session_date
    where series.previous_close is not null
)

select * from compared
