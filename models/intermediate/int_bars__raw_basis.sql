-- Every bar on the raw basis: what a provider restated for later splits is brought back
-- with the splits applied between the bar's day and the day of the fetch.
with pending as (
    select * from {{ ref('int_bars__pending') }}
),

reconsidered as (
    select * from {{ ref('int_bars__reconsidered') }}
),

restated as (
    select * from {{ ref('int_bars__restated') }}
),

-- one list of three: what was made of lists of lists would pass every row on again
with_ratio as (
    select
        *,
        null::numeric as restated_ratio,
        false as is_basis_uncertain
    from pending
    where price_basis <> 'split'
    union all
    select
        *,
        null::numeric as restated_ratio,
        false as is_basis_uncertain
    from reconsidered
    where price_basis <> 'split'
    union all
    select * from restated
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
        {{ on_raw_basis('open', 'open * restated_ratio') }} as open,
        {{ on_raw_basis('high', 'high * restated_ratio') }} as high,
        {{ on_raw_basis('low', 'low * restated_ratio') }} as low,
        {{ on_raw_basis('close', 'close * restated_ratio') }} as close,
        {{ on_raw_basis('vwap', 'vwap * restated_ratio') }} as vwap,
        price_basis as reported_basis,
        -- activity
        {{ on_raw_basis('volume', 'volume / restated_ratio') }} as volume,
        trade_count,
        -- flags
        session_scope,
        is_final,
        is_basis_uncertain,
        is_pending,
        -- a bar-dated spelling is listed or not by its day
        placed_on >= listed_from_date
        and placed_on < listed_until_date as is_listed,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        fetched_at,
        load_id,
        loaded_at
    from with_ratio
)

select * from raw_basis
