-- The symbol of each instrument through all of time: periods without one are in it too,
-- under the newest symbol.
with symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

unlisted as (
    select
        instrument_id,
        unnest(
            datemultirange(daterange('0001-01-01', '9999-12-31'))
            - range_agg(daterange(valid_from_date, valid_to_date))
        ) as period
    from symbol_history
    group by instrument_id
),

periods as (
    select
        symbol_history.instrument_id,
        symbol_history.valid_from_date,
        symbol_history.valid_to_date,
        symbol_history.symbol,
        true as is_listed
    from symbol_history
    union all
    select
        unlisted.instrument_id,
        lower(unlisted.period) as valid_from_date,
        upper(unlisted.period) as valid_to_date,
        instruments.symbol,
        false as is_listed
    from unlisted
    inner join instruments on unlisted.instrument_id = instruments.instrument_id
),

spanned as (
    select
        -- keys
        instrument_id,
        valid_from_date,
        -- meaning
        valid_to_date,
        symbol,
        is_listed,
        tstzrange(
            valid_from_date::timestamp at time zone 'UTC',
            valid_to_date::timestamp at time zone 'UTC'
        ) as period
    from periods
)

select * from spanned
