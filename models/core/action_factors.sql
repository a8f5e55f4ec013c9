-- What each ex-date does to the prices before it. The dividend and the close it is
-- measured by are on one basis: both per share after a split of the same day.
with corporate_actions as (
    select * from {{ ref('corporate_actions') }}
    where is_applied
),

bars as (
    select * from {{ ref('bars_1d') }}
),

ex_dates as (
    select
        instrument_id,
        ex_date,
        coalesce(max(split_ratio), 1)::numeric(38, 18) as split_ratio,
        coalesce(max(dividend_amount), 0)::numeric(38, 18) as dividend_amount
    from corporate_actions
    group by instrument_id, ex_date
),

with_close as (
    select
        *,
        (
            select bars.close
            from bars
            where
                ex_dates.instrument_id = bars.instrument_id
                and ex_dates.ex_date > bars.session_date
                -- a close from long before the ex-date is no measure of the dividend
                and ex_dates.ex_date - {{ var('previous_close_within_days', 10) }}
                <= bars.session_date
            order by bars.session_date desc
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
                then 'no close is known within 10 days before the ex-date'
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
