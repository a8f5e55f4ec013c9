-- What each provider says of each ex-date in the end, per share as traded on it: what
-- was restated for later splits is brought back. An event that its provider moved is on
-- its newest date; on one ex-date the newest load speaks and its amounts add up.
with dividends as (
    select * from {{ ref('stg_dividends') }}
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

provider_priority as (
    select * from {{ ref('provider_priority') }}
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
        instrument_symbols.instrument_id,
        coalesce(provider_priority.priority, 1000) as provider_priority
    from dividends
    inner join instrument_symbols
        on
            dividends.provider = instrument_symbols.provider
            and dividends.asset_class = instrument_symbols.asset_class
            and dividends.provider_symbol = instrument_symbols.provider_symbol
    left join provider_priority
        on
            dividends.asset_class = provider_priority.asset_class
            and dividends.provider = provider_priority.provider
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
        *,
        {{ basis_of('ranked', 'amount_basis', 'ex_date') }}
    from ranked
    where load_place = 1
),

spoken as (
    select
        -- keys
        instrument_id,
        provider,
        ex_date,
        currency,
        -- values
        sum(dividend_amount * coalesce(restated_ratio, 1))::numeric(38, 18)
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
