with bars as (
    select * from {{ ref('daily_bars') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
),

adjusted as (
    select
        -- keys
        bars.symbol,
        bars.session_date,
        bars.instrument_id,
        -- prices
        (bars.open / factors.split_ratio)::double precision as open,
        (bars.high / factors.split_ratio)::double precision as high,
        (bars.low / factors.split_ratio)::double precision as low,
        (bars.close / factors.split_ratio)::double precision as close,
        bars.close as raw_close,
        -- activity
        (bars.volume * factors.split_ratio)::double precision as volume,
        bars.trade_count,
        -- factors
        (1 / factors.split_ratio)::double precision as split_factor,
        -- flags
        bars.is_final,
        bars.built_from
    from bars
    inner join factors
        on
            bars.instrument_id = factors.instrument_id
            and {{ lies_within(
                'bars.session_date', 'factors.valid_from', 'factors.valid_to'
            ) }}
)

select * from adjusted
