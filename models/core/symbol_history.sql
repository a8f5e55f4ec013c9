{{ config(
    materialized='incremental',
    unique_key=['asset_class', 'symbol', 'valid_from_date'],
    incremental_strategy='append',
    on_schema_change='fail',
    post_hook=['{{ close_listings(this) }}', '{{ analyze_if_changed(this) }}'],
) }}

-- Which instrument a symbol meant, and when: as the seed lists it, else itself at all
-- times. A symbol keeps what it meant when it was first built; a changed seed needs a
-- full refresh, and a test says so.
with named as (
    select * from {{ ref('int_symbols__named') }}
),

listings as (
    select * from {{ ref('symbol_listings') }}
),

unknown as (
    select distinct
        named.asset_class,
        named.symbol
    from named
    {% if is_incremental() %}
    left join {{ this }} as known
        on
            named.asset_class = known.asset_class
            and named.symbol = known.symbol
    where known.instrument_id is null
    {% endif %}
),

-- an instrument comes with all its symbols, also those nobody has used yet
listed_instruments as (
    select distinct
        listings.asset_class,
        listings.instrument
    from listings
    inner join unknown
        on
            listings.asset_class = unknown.asset_class
            and listings.symbol = unknown.symbol
),

meant as (
    select
        listings.asset_class,
        listings.symbol,
        listings.instrument,
        listings.valid_from,
        coalesce(listings.valid_to, '9999-12-31'::date) as valid_to
    from listings
    inner join listed_instruments
        on
            listings.asset_class = listed_instruments.asset_class
            and listings.instrument = listed_instruments.instrument
    union all
    select
        unknown.asset_class,
        unknown.symbol,
        unknown.symbol as instrument,
        '0001-01-01'::date as valid_from,
        '9999-12-31'::date as valid_to
    from unknown
    left join listings
        on
            unknown.asset_class = listings.asset_class
            and unknown.symbol = listings.symbol
    where listings.symbol is null
),

history as (
    select
        -- keys
        meant.asset_class,
        meant.symbol,
        meant.valid_from as valid_from_date,
        meant.valid_to as valid_to_date,
        -- meaning
        {{ instrument_key('meant.asset_class', 'meant.instrument') }} as instrument_id,
        meant.instrument
    from meant
    {% if is_incremental() %}
    left join {{ this }} as known
        on
            meant.asset_class = known.asset_class
            and meant.symbol = known.symbol
            and meant.valid_from = known.valid_from_date
    where known.instrument_id is null
    {% endif %}
)

select * from history
