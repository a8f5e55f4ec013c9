-- What each provider says of each ex-date in the end, per share as traded on it: what
-- was restated for later splits is brought back. An event that its provider moved is on
-- its newest date; on one ex-date the newest load speaks and its amounts add up.
with dividends as (
    select * from {{ ref('stg_dividends') }}
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

-- a record that a load repeats counts once
reported as (
    select distinct on (
        dividends.provider,
        dividends.asset_class,
        dividends.provider_symbol,
        dividends.load_id,
        dividends.ex_date,
        dividends.dividend_amount,
        dividends.currency,
        dividends.amount_basis,
        dividends.event_id
    )
        dividends.*,
        placed.instrument_id,
        placed.provider_priority
    from dividends
    inner join placed on {{ is_placed('dividends', 'placed', 'dividends.ex_date') }}
    order by
        dividends.provider asc,
        dividends.asset_class asc,
        dividends.provider_symbol asc,
        dividends.load_id asc,
        dividends.ex_date asc,
        dividends.dividend_amount asc,
        dividends.currency asc,
        dividends.amount_basis asc,
        dividends.event_id asc,
        dividends.fetched_at desc
),

{{ newest_reports('dividend_amount') }},

on_raw_basis as (
    select
        ranked.*,
        case when ranked.amount_basis = 'split' then basis.ratio else 1 end
            as restated_ratio,
        ranked.amount_basis = 'split' and basis.is_in_doubt as is_basis_uncertain
    from ranked
    left join lateral ({{ basis_of('ranked', 'ex_date') }}) as basis on true
    where ranked.load_place = 1
),

spoken as (
    select
        -- keys
        instrument_id,
        provider,
        ex_date,
        currency,
        -- values
        sum(dividend_amount * restated_ratio)::numeric(38, 18)
            as dividend_amount,
        min(amount_basis) as amount_basis,
        bool_or(is_basis_uncertain) as is_basis_uncertain,
        -- lineage
        min(provider_priority) as provider_priority,
        min(derivation) as derivation,
        min(load_id) as load_id
    from on_raw_basis
    group by instrument_id, provider, ex_date, currency
)

select * from spoken
