-- A line of seeds/symbol_listings.csv that was added or changed after its symbol was
-- built would leave old bars with another instrument than new ones: nothing goes on
-- until `barhouse build --full-refresh` has named everything anew.
{{ config(group='core') }}

with symbol_history as (
    select * from {{ ref('symbol_history') }}
),

listings as (
    select * from {{ ref('symbol_listings') }}
),

built as (
    select distinct
        asset_class,
        symbol
    from symbol_history
),

unlike as (
    select
        listings.asset_class,
        listings.symbol,
        listings.instrument,
        listings.valid_from,
        listings.valid_to
    from listings
    inner join built
        on
            listings.asset_class = built.asset_class
            and listings.symbol = built.symbol
    left join symbol_history
        on
            listings.asset_class = symbol_history.asset_class
            and listings.symbol = symbol_history.symbol
            and listings.instrument = symbol_history.instrument
            and listings.valid_from = symbol_history.valid_from_date
            and coalesce(listings.valid_to, '9999-12-31'::date)
            = symbol_history.valid_to_date
    where symbol_history.symbol is null
),

-- what is no default was a line once
dropped as (
    select
        symbol_history.asset_class,
        symbol_history.symbol,
        symbol_history.instrument,
        symbol_history.valid_from_date as valid_from,
        symbol_history.valid_to_date as valid_to
    from symbol_history
    left join listings
        on
            symbol_history.asset_class = listings.asset_class
            and symbol_history.symbol = listings.symbol
            and symbol_history.valid_from_date = listings.valid_from
    where
        symbol_history.valid_from_date > '0001-01-01'
        and listings.symbol is null
),

changed as (
    select * from unlike
    union all
    select * from dropped
)

select * from changed
