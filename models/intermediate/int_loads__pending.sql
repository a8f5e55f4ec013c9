-- A table, so that every model of one build speaks of the same loads, whatever lands
-- meanwhile.
{{ config(materialized='table', post_hook='analyze {{ this }}') }}

with loads as (
    select * from {{ ref('stg_loads') }}
),

published_loads as (
    select * from {{ ref('stg_published_loads') }}
),

consumers as (
    select string_to_table('{{ var("load_consumers") | join(",") }}', ',') as consumer
),

awaited as (
    select distinct
        loads.load_id,
        loads.loaded_at,
        '{{ invocation_id }}' as invocation_id
    from loads
    cross join consumers
    left join published_loads
        on
            loads.load_id = published_loads.load_id
            and consumers.consumer = published_loads.consumer
    -- a consumer that was dropped needs everything again
    where
        published_loads.load_id is null
        or to_regclass(consumers.consumer) is null
        or {{ 'true' if flags.FULL_REFRESH else 'false' }}
)

select * from awaited
