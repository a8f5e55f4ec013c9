{{ config(
    materialized='incremental',
    unique_key=['instrument_id'],
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ replace_rows() }}',
) }}

with instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by instrument_id order by first_seen_at, provider, provider_symbol
        ) as place
    from instrument_symbols
),

instruments as (
    select
        -- keys
        instrument_id,
        -- names
        symbol,
        asset_class,
        exchange,
        currency,
        -- lineage
        first_seen_at
    from ranked
    where place = 1
)

select * from instruments
