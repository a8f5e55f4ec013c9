-- Where a provider gives an adjusted close of its own: what it says a price of then is
-- worth, beside what our actions say, up to one factor for each of its answers.
-- Kept apart from each other, so that days are matched by a hash and not one by one in
-- compressed chunks.
with closes as materialized (
    select * from {{ ref('adjusted_closes') }}
),

published as materialized (
    select * from {{ ref('bars_1d') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
),

-- first of all: the factors are joined by ranges, which would lead otherwise
theirs as materialized (
    select
        published.instrument_id,
        published.session_date,
        published.provider,
        published.request_id,
        (closes.fetched_at at time zone 'UTC')::date as fetched_date,
        closes.adjusted_close / published.close as their_factor
    from closes
    inner join published
        on
            closes.instrument_id = published.instrument_id
            and closes.session_date = published.session_date
            and closes.provider = published.provider
            and closes.load_id = published.load_id
            and closes.request_id = published.request_id
),

both_factors as (
    select
        theirs.*,
        then_factors.dividend_factor / now_factors.dividend_factor
        * now_factors.split_ratio / then_factors.split_ratio as our_factor
    from theirs
    inner join factors as then_factors
        on
            theirs.instrument_id = then_factors.instrument_id
            and theirs.session_date >= then_factors.valid_from
            and theirs.session_date < then_factors.valid_to
    inner join factors as now_factors
        on
            theirs.instrument_id = now_factors.instrument_id
            and theirs.fetched_date >= now_factors.valid_from
            and theirs.fetched_date < now_factors.valid_to
),

of_one_answer as materialized (
    select
        instrument_id,
        request_id,
        percentile_cont(0.5) within group (
            order by (their_factor / our_factor)::double precision
        ) as usual_ratio
    from both_factors
    group by instrument_id, request_id
),

compared as (
    select
        -- keys
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        both_factors.session_date,
        both_factors.instrument_id,
        both_factors.provider,
        both_factors.request_id,
        -- factors
        both_factors.their_factor::double precision as their_factor,
        both_factors.our_factor::double precision as our_factor,
        (both_factors.their_factor / both_factors.our_factor)::double precision
        / of_one_answer.usual_ratio - 1 as relative_difference
    from both_factors
    inner join of_one_answer
        on
            both_factors.instrument_id = of_one_answer.instrument_id
            and both_factors.request_id = of_one_answer.request_id
    inner join instruments on both_factors.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('both_factors', 'symbol_history') }}
)

select * from compared
