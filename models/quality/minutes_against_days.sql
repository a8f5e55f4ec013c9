-- Minutes do not sum to the official day: auctions and late prints are in the day
-- alone. This shows by how much, for every day that has both.
with reported as (
    select * from {{ ref('bars_1d') }}
),

built as (
    select * from {{ ref('days_from_minutes') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

compared as (
    select
        -- keys
        symbol_history.symbol,
        reported.session_date,
        reported.instrument_id,
        -- differences
        trim_scale(reported.close) as reported_close,
        trim_scale(built.close) as built_close,
        ((built.close / nullif(reported.close, 0) - 1) * 10000)::double precision
            as close_difference_bps,
        (built.volume / nullif(reported.volume, 0))::double precision as volume_ratio
    from reported
    inner join built
        on
            reported.instrument_id = built.instrument_id
            and reported.session_date = built.session_date
    inner join symbol_history on {{ has_symbol('reported', 'symbol_history') }}
)

select * from compared
