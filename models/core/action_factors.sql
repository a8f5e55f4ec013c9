{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'ex_date'],
    incremental_strategy='differences',
    on_schema_change='fail',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

{%- set reach = var('previous_close_within_days') %}
-- What each ex-date does to the prices before it. The dividend and the close it is
-- measured by are on one basis: both per share after a split of the same day.
with actions as (
    select * from {{ ref('corporate_actions') }}
    where is_applied
),

reported_days as not materialized (
    select * from {{ ref('bars_1d') }}
),

built_days as not materialized (
    select * from {{ ref('days_from_minutes') }}
),

-- The provider's own close comes first; looked up by the key, not read as a whole.
closes as not materialized (
    select
        instrument_id,
        session_date,
        close,
        1 as preference
    from reported_days
    union all
    select
        instrument_id,
        session_date,
        close,
        2 as preference
    from built_days
),

-- the newest of either kind, an instrument perhaps twice; workers share each
last_days as (
    select
        instrument_id,
        max(session_date) as last_session_date
    from reported_days
    group by instrument_id
    union all
    select
        instrument_id,
        max(session_date) as last_session_date
    from built_days
    group by instrument_id
),

-- an announced action adjusts nothing before its ex-date has come
ex_dates as (
    select
        actions.instrument_id,
        actions.ex_date,
        coalesce(max(actions.split_ratio), 1)::numeric(38, 18) as split_ratio,
        coalesce(max(actions.dividend_amount), 0)::numeric(38, 18) as dividend_amount
    from actions
    inner join last_days
        on
            actions.instrument_id = last_days.instrument_id
            and actions.ex_date <= last_days.last_session_date
    group by actions.instrument_id, actions.ex_date
),

with_close as materialized (
    select
        *,
        (
            select closes.close::numeric(38, 18) from closes
            where
                ex_dates.instrument_id = closes.instrument_id
                and ex_dates.ex_date > closes.session_date
                -- a close from long before the ex-date is no measure of the dividend
                and ex_dates.ex_date - {{ reach }} <= closes.session_date
            order by closes.session_date desc, closes.preference asc
            limit 1
        ) as previous_close
    from ex_dates
),

judged as (
    select
        *,
        case
            when dividend_amount = 0 then null
            when previous_close is null
                then 'no close is known within {{ reach }} days before the ex-date'
            when dividend_amount >= previous_close / split_ratio
                then 'the dividend is not smaller than the close before the ex-date'
        end as held_back_reason
    from with_close
),

factors as (
    select
        -- keys
        instrument_id,
        ex_date,
        -- values
        split_ratio,
        dividend_amount,
        previous_close,
        case
            when dividend_amount = 0 or held_back_reason is not null then 1
            else round(1 - dividend_amount * split_ratio / previous_close, 30)
        end::numeric(38, 30) as dividend_factor,
        -- verdict
        held_back_reason is null as is_dividend_applied,
        held_back_reason
    from judged
)

select * from factors
