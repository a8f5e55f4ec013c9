-- What was asked of a series, and what providers answered, all of them together.
with windows as (
    select * from {{ ref('int_requests__windows') }}
),

series as (
    select
        -- keys
        instrument_id,
        timeframe,
        -- names, where no bar has landed yet
        max(symbol) as symbol,
        max(provider) as provider,
        max(exchange) as exchange,
        -- span
        bool_or(is_followed) as is_followed,
        min(lower(asked)) as first_at,
        case
            when bool_or(is_followed) then 'infinity'
            else max(upper(asked))
        end as last_at,
        -- answers
        range_agg(settled) filter (where state = 'answered') as answered,
        range_agg(asked) filter (where state = 'rate_limited') as rate_limited,
        range_agg(asked) filter (where state = 'failed') as failed
    from windows
    group by instrument_id, timeframe
)

select * from series
