-- Where a provider restates its values by other splits than those applied here: it
-- reports another ratio or another day itself, or was asked and reports nothing.
with splits as (
    select * from {{ ref('int_actions__splits') }}
),

reports as (
    select * from {{ ref('int_actions__split_reports') }}
),

requests as (
    select * from {{ ref('stg_requests') }}
    where dataset = 'actions' and outcome in ('rows', 'empty')
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

applied as (
    select
        instrument_id,
        ex_date,
        split_ratio
    from splits
    where is_applied
),

-- an answer from before the ex-date says nothing about it
asked as (
    select distinct
        applied.instrument_id,
        placed.provider,
        applied.ex_date,
        applied.split_ratio
    from applied
    inner join placed on applied.instrument_id = placed.instrument_id
    inner join requests
        on
            placed.provider = requests.provider
            and placed.provider_symbol = requests.provider_symbol
            and requests.window_start_at at time zone 'UTC' <= applied.ex_date
            and requests.window_end_at at time zone 'UTC' > applied.ex_date
            and requests.requested_at at time zone 'UTC' >= applied.ex_date
            and case
                when placed.is_dated_by_fetch
                    then (requests.requested_at at time zone 'UTC')::date
                else applied.ex_date
            end between placed.speaks_from_date and placed.speaks_until_date
),

-- what the provider did to its bars, over what is applied here
compared as (
    select
        reports.instrument_id,
        reports.provider,
        reports.ex_date,
        reports.split_ratio / coalesce(applied.split_ratio, 1) as ratio
    from reports
    left join applied
        on
            reports.instrument_id = applied.instrument_id
            and reports.ex_date = applied.ex_date
    where reports.split_ratio > 0
    union all
    select
        asked.instrument_id,
        asked.provider,
        asked.ex_date,
        1 / asked.split_ratio as ratio
    from asked
    left join reports
        on
            asked.instrument_id = reports.instrument_id
            and asked.provider = reports.provider
            and asked.ex_date = reports.ex_date
    where reports.instrument_id is null
),

disputed as (
    select * from compared
    where abs(ratio - 1) > 0.000001
)

select * from disputed
