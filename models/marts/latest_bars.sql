with bars as (
    select * from {{ ref('bars_1d_adjusted') }}
),

ranked as (
    select
        *,
        row_number() over newest_first as place,
        lead(close) over newest_first as previous_close
    from bars
    window newest_first as (partition by instrument_id order by session_date desc)
),

latest as (
    select
        -- keys
        symbol,
        session_date,
        instrument_id,
        -- prices
        raw_close as close,
        close / previous_close - 1 as total_return,
        -- flags
        is_final,
        built_from
    from ranked
    where place = 1
)

select * from latest
