-- A table, so that every model of one build speaks of the same loads, whatever lands
-- meanwhile. Whether a load is large is looked up in the index, not in all bars.
{{ config(
    materialized='table',
    pre_hook='set local enable_seqscan = off',
    post_hook='analyze {{ this }}',
) }}

with loads as (
    select * from {{ ref('stg_loads') }}
),

bars as not materialized (
    select * from {{ ref('stg_bars') }}
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
),

measured as (
    select
        awaited.load_id,
        awaited.loaded_at,
        further.load_id is not null as is_large,
        awaited.invocation_id
    from awaited
    left join lateral (
        select bars.load_id
        from bars
        where bars.load_id = awaited.load_id
        order by bars.load_id asc
        limit 1 offset 100000
    ) as further on true
)

select * from measured
