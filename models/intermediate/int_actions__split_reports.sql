-- What each provider says of each ex-date in the end. An event that its provider moved
-- stands on its newest date; on one ex-date the newest load speaks.
{{ config(materialized='table') }}

with splits as (
    select * from {{ ref('stg_splits') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

-- a record that a load repeats counts once
reported as (
    select distinct
        placed.instrument_id,
        splits.provider,
        splits.provider_symbol,
        placed.provider_priority,
        splits.ex_date,
        splits.split_ratio,
        splits.event_id,
        splits.derivation,
        splits.load_id,
        splits.loaded_at
    from splits
    inner join placed on {{ is_placed('splits', 'placed', 'splits.ex_date') }}
),

{{ newest_reports('split_ratio') }},

spoken as (
    select
        -- keys
        instrument_id,
        provider,
        ex_date,
        -- values
        core.product(split_ratio)::numeric(38, 18) as split_ratio,
        -- lineage
        min(provider_priority) as provider_priority,
        min(derivation) as derivation,
        min(load_id) as load_id
    from ranked
    where load_place = 1
    group by instrument_id, provider, ex_date
)

select * from spoken
