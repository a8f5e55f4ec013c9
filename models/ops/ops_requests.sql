with requests as (
    select * from {{ source('staging', 'requests') }}
),

loads as (
    select * from {{ source('staging', '_dlt_loads') }}
    where status = 0
),

completed as (
    select
        -- keys
        requests.request_id,
        requests.provider,
        requests.source,
        requests.fingerprint,
        -- what was asked
        requests.dataset,
        requests.symbol,
        requests.provider_symbol,
        requests.feed,
        requests.timeframe,
        requests.session_scope,
        requests.window_start_at,
        requests.window_end_at,
        requests.settled_until_at,
        -- what came
        requests.outcome,
        requests.row_count,
        requests.reject_count,
        requests.reason,
        requests.retry_count,
        requests.wait_seconds,
        -- lineage
        requests.requested_at,
        requests._dlt_load_id as load_id,
        loads.inserted_at as loaded_at
    from requests
    inner join loads on requests._dlt_load_id = loads.load_id
)

select * from completed
