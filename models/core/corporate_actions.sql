{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'action_type', 'ex_date'],
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook='{{ replace_rows() }}',
) }}

with splits as (
    select * from {{ ref('stg_splits') }}
),

dividends as (
    select * from {{ ref('stg_dividends') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

provider_priority as (
    select * from {{ ref('provider_priority') }}
),

-- a record that a load repeats counts once
reported as (
    select distinct
        provider,
        asset_class,
        provider_symbol,
        'split' as action_type,
        ex_date,
        split_ratio,
        null::numeric(38, 18) as dividend_amount,
        null as currency,
        null as amount_basis,
        derivation,
        load_id,
        loaded_at
    from splits
    union all
    select distinct
        provider,
        asset_class,
        provider_symbol,
        'cash_dividend' as action_type,
        ex_date,
        null::numeric(38, 18) as split_ratio,
        dividend_amount,
        currency,
        amount_basis,
        derivation,
        load_id,
        loaded_at
    from dividends
),

-- the newest load of a provider speaks for an ex-date; on one ex-date its amounts
-- add up
ranked as (
    select
        reported.*,
        instrument_symbols.instrument_id,
        dense_rank() over (
            partition by
                instrument_symbols.instrument_id,
                reported.action_type,
                reported.ex_date
            order by
                coalesce(provider_priority.priority, 1000) asc,
                reported.provider asc,
                reported.provider_symbol asc,
                reported.loaded_at desc,
                reported.load_id desc
        ) as place
    from reported
    inner join instrument_symbols
        on
            reported.provider = instrument_symbols.provider
            and reported.asset_class = instrument_symbols.asset_class
            and reported.provider_symbol = instrument_symbols.provider_symbol
    left join provider_priority
        on
            reported.asset_class = provider_priority.asset_class
            and reported.provider = provider_priority.provider
),

actions as (
    select
        -- keys
        instrument_id,
        action_type,
        ex_date,
        -- values
        core.product(split_ratio)::numeric(38, 18) as split_ratio,
        sum(dividend_amount)::numeric(38, 18) as dividend_amount,
        min(currency) as currency,
        min(amount_basis) as amount_basis,
        -- lineage
        min(provider) as provider,
        min(derivation) as derivation,
        min(load_id) as load_id
    from ranked
    where place = 1
    group by instrument_id, action_type, ex_date
),

verified as (
    select
        -- keys
        instrument_id,
        action_type,
        ex_date,
        -- values
        case
            when action_type = 'split' then split_ratio
        end::numeric(38, 18) as split_ratio,
        dividend_amount,
        currency,
        amount_basis,
        -- verdict
        coalesce(case action_type
            when 'split' then split_ratio > 0
            else dividend_amount > 0 and amount_basis = 'raw'
        end, false) as is_applied,
        case
            when action_type = 'split' and not split_ratio > 0
                then 'the split ratio is not positive'
            when action_type = 'cash_dividend' and not dividend_amount > 0
                then 'the dividend is not positive'
            when action_type = 'cash_dividend' and amount_basis <> 'raw'
                then 'the dividend is not on the basis of its ex-date'
        end as held_back_reason,
        -- lineage
        provider,
        derivation,
        load_id
    from actions
)

select * from verified
