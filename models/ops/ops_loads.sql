with requests as (
    select * from {{ source('staging', 'requests') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

published_loads as (
    select * from {{ source('ledgers', 'published_loads') }}
),

requested as (
    select
        _dlt_load_id as load_id,
        min(provider) as provider,
        count(*) as request_count,
        count(*) filter (
            where outcome in ('failed', 'rate_limited', 'not_permitted')
        ) as failed_count,
        sum(row_count)::bigint as row_count,
        sum(reject_count)::bigint as reject_count
    from requests
    group by _dlt_load_id
),

published as (
    select
        load_id,
        count(*) as consumer_count,
        max(published_at) as published_at
    from published_loads
    group by load_id
),

summarized as (
    select
        -- keys
        loads.load_id,
        loads.schema_name as pipeline,
        requested.provider,
        -- counts
        requested.request_count,
        requested.failed_count,
        requested.row_count,
        requested.reject_count,
        -- times
        loads.inserted_at as loaded_at,
        case
            when published.consumer_count >= {{ var('load_consumers') | length }}
                then published.published_at
        end as published_at
    from loads
    left join requested on loads.load_id = requested.load_id
    left join published on loads.load_id = published.load_id
)

select * from summarized
