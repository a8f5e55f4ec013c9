with dividends as (
    select * from {{ source('staging', 'raw_dividends') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        -- keys
        dividends.provider,
        dividends.provider_symbol,
        dividends.asset_class,
        dividends.exchange,
        dividends.ex_date,
        -- values
        dividends.dividend_amount,
        dividends.currency,
        dividends.amount_basis,
        dividends.event_id,
        dividends.derivation,
        -- lineage
        dividends.request_id,
        dividends.source_row,
        dividends.fetched_at,
        dividends._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from dividends
    inner join loads on dividends._dlt_load_id = loads.load_id
)

select * from completed
