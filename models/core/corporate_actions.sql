{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'action_type', 'ex_date'],
    incremental_strategy='differences',
    on_schema_change='append_new_columns',
    pre_hook='set local enable_nestloop = off',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- Events meet their reports by hashes: the planner expects one of each, and would hold
-- every event against every report.
with splits as (
    select * from {{ ref('int_actions__splits') }}
),

dividends as (
    select * from {{ ref('int_actions__dividends') }}
),

actions as (
    select
        -- keys
        instrument_id,
        'split' as action_type,
        ex_date,
        -- values
        split_ratio,
        null::numeric(38, 18) as dividend_amount,
        null as currency,
        null as amount_basis,
        -- verdict
        agreement,
        is_applied,
        held_back_reason,
        -- evidence
        provider_count,
        reports,
        close_before,
        open_after,
        (open_after / close_before)::numeric(38, 18) as price_jump,
        price_provider,
        -- lineage
        provider,
        derivation,
        load_id
    from splits
    union all
    select
        -- keys
        instrument_id,
        'cash_dividend' as action_type,
        ex_date,
        -- values
        null::numeric(38, 18) as split_ratio,
        dividend_amount,
        currency,
        amount_basis,
        -- verdict
        agreement,
        is_applied,
        held_back_reason,
        -- evidence
        provider_count,
        reports,
        close_before,
        null::numeric(38, 18) as open_after,
        null::numeric(38, 18) as price_jump,
        price_provider,
        -- lineage
        provider,
        derivation,
        load_id
    from dividends
)

select * from actions
