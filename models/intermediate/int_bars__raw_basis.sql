-- Every bar on the raw basis: what a provider restated for later splits is brought back
-- with the splits applied between the bar's day and the day of the fetch.
with pending as (
    select * from {{ ref('int_bars__pending') }}
),

reconsidered as (
    select * from {{ ref('int_bars__reconsidered') }}
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

bars as (
    select * from pending
    union all
    select * from reconsidered
),

with_ratio as (
    select
        *,
        {{ basis_of('bars', 'price_basis', 'placed_on') }}
    from bars
),

raw_basis as (
    select
        -- keys
        instrument_id,
        timeframe,
        placed_on as session_date,
        case
            when timeframe = '1d' then placed_on::timestamp at time zone 'UTC'
            else bar_start_at
        end as bar_key_at,
        bar_start_at,
        instrument_exchange as exchange,
        asset_class,
        -- prices
        coalesce(open * restated_ratio, open)::numeric(38, 18) as open,
        coalesce(high * restated_ratio, high)::numeric(38, 18) as high,
        coalesce(low * restated_ratio, low)::numeric(38, 18) as low,
        coalesce(close * restated_ratio, close)::numeric(38, 18) as close,
        coalesce(vwap * restated_ratio, vwap)::numeric(38, 18) as vwap,
        price_basis as reported_basis,
        -- activity
        coalesce(volume / restated_ratio, volume)::numeric(38, 18) as volume,
        trade_count,
        -- flags
        session_scope,
        is_final,
        is_basis_uncertain,
        is_pending,
        -- lineage
        provider,
        feed,
        request_id,
        source_row,
        fetched_at,
        load_id,
        loaded_at
    from with_ratio
)

select * from raw_basis
