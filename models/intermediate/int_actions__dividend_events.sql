-- Reports and decisions that speak of the same dividend, put together. An amount whose
-- own splits are in doubt speaks only where nobody else does.
with reports as (
    select * from {{ ref('int_actions__dividend_reports') }}
),

overrides as (
    select * from {{ ref('int_actions__overrides') }}
    where action_type = 'cash_dividend'
),

certain as (
    select * from reports
    where not is_basis_uncertain
),

heard as (
    select *
    from reports
    where
        not is_basis_uncertain
        or not exists (
            select 1
            from certain
            where
                certain.instrument_id = reports.instrument_id
                and certain.ex_date between reports.ex_date - 3 and reports.ex_date + 3
        )
),

preferred as (
    select distinct on (instrument_id, ex_date) *
    from heard
    order by instrument_id asc, ex_date asc, provider_priority asc, provider asc
),

-- without an amount, a confirmation means the preferred one of its day, a rejection all
confirmed as (
    select
        overrides.*,
        coalesce(overrides.dividend_amount, preferred.dividend_amount, 0)
            as reported_value,
        coalesce(preferred.currency, overrides.currency) as value_currency
    from overrides
    left join preferred
        on
            overrides.instrument_id = preferred.instrument_id
            and overrides.ex_date = preferred.ex_date
    where overrides.verdict = 'confirm'
),

rejected as (
    select
        overrides.*,
        coalesce(overrides.dividend_amount, heard.dividend_amount) as reported_value,
        coalesce(heard.currency, overrides.currency) as value_currency
    from overrides
    left join heard
        on
            overrides.instrument_id = heard.instrument_id
            and overrides.ex_date = heard.ex_date
    where
        overrides.verdict = 'reject'
        and num_nonnulls(overrides.dividend_amount, heard.dividend_amount) > 0
),

decided as (
    select * from confirmed
    union all
    select * from rejected
),

testimony as (
    select
        instrument_id,
        ex_date,
        dividend_amount as reported_value,
        currency,
        provider,
        provider_priority,
        derivation,
        load_id,
        null as verdict,
        null as reason
    from heard
    union all
    select
        instrument_id,
        ex_date,
        reported_value,
        value_currency as currency,
        'override' as provider,
        provider_priority,
        'seeds/action_overrides.csv' as derivation,
        'seeds/action_overrides.csv' as load_id,
        verdict,
        reason
    from decided
),

{{ action_events(relative=0.005, absolute=0.005) }},

{{ action_rivals() }}

select * from settled
