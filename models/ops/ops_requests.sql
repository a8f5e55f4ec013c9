with requests as (
    select * from {{ ref('stg_requests') }}
)

select * from requests
