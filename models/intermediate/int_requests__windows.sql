-- Requests for the bars of a window, each with the instrument that its spelling means.
-- One whose bars are not published yet is left out: nothing is known of its window.
with requests as (
    select
        *,
        max(requested_at) over () as newest_requested_at
    from {{ ref('stg_requests') }}
    where dataset = 'bars' and window_start_at < window_end_at
),

published_loads as (
    select * from {{ ref('stg_published_loads') }}
),

discarded_requests as (
    select * from {{ ref('discarded_requests') }}
),

spellings as (
    select * from {{ ref('int_requests__spellings') }}
),

complete_loads as (
    select load_id
    from published_loads
    group by load_id
    having count(*) >= {{ var('load_consumers') | length }}
),

windows as (
    select
        -- keys
        spellings.instrument_id,
        requests.timeframe,
        requests.provider,
        requests.provider_symbol,
        requests.request_id,
        -- what was asked
        requests.symbol,
        spellings.exchange,
        spellings.provider_priority,
        spellings.listed,
        tstzrange(requests.window_start_at, requests.window_end_at)
        * spellings.listed as asked,
        -- up to when it was made, and not given up since
        requests.window_end_at > requests.requested_at - interval '1 day'
        and requests.requested_at + interval '{{ var("followed_within_days") }} days'
        > requests.newest_requested_at as is_followed,
        -- what came; where a record could not be read, its bar is missing, not absent
        case
            when requests.outcome = 'rate_limited' then 'rate_limited'
            when requests.outcome not in ('rows', 'empty') or requests.reject_count > 0
                then 'failed'
            else 'answered'
        end as state,
        tstzrange(
            requests.window_start_at,
            greatest(requests.settled_until_at, requests.window_start_at)
        ) * spellings.listed as settled,
        requests.requested_at
    from requests
    inner join complete_loads on requests.load_id = complete_loads.load_id
    inner join spellings
        on
            requests.provider = spellings.provider
            and requests.provider_symbol = spellings.provider_symbol
    left join discarded_requests on requests.request_id = discarded_requests.request_id
    where
        discarded_requests.request_id is null
        and (
            spellings.fetch_dates is null
            or (requests.requested_at at time zone 'UTC')::date <@ spellings.fetch_dates
        )
),

meant as (
    select * from windows
    where not isempty(asked)
)

select * from meant
