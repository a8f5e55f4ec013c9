{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'valid_from'],
    incremental_strategy='differences',
    on_schema_change='fail',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

with action_factors as (
    select * from {{ ref('action_factors') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

-- a bar of day d is adjusted by every action with a later ex-date; one row per stretch
-- of days between two of them
later_actions as (
    select
        instrument_id,
        ex_date,
        (core.product(split_ratio) over later)::numeric(60, 30) as split_ratio,
        (core.product(dividend_factor) over later)::numeric(60, 30) as dividend_factor
    from action_factors
    window later as (
        partition by instrument_id order by ex_date desc
        rows between unbounded preceding and current row
    )
),

before_an_action as (
    select
        -- keys
        instrument_id,
        coalesce(
            lag(ex_date) over (partition by instrument_id order by ex_date),
            '0001-01-01'::date
        ) as valid_from,
        ex_date as valid_to,
        -- values
        split_ratio,
        dividend_factor
    from later_actions
),

after_the_last as (
    select
        -- keys
        instruments.instrument_id,
        coalesce(max(action_factors.ex_date), '0001-01-01'::date) as valid_from,
        '9999-12-31'::date as valid_to,
        -- values
        1::numeric(60, 30) as split_ratio,
        1::numeric(60, 30) as dividend_factor
    from instruments
    left join action_factors on instruments.instrument_id = action_factors.instrument_id
    group by instruments.instrument_id
),

ranges as (
    select * from before_an_action
    union all
    select * from after_the_last
)

select * from ranges
