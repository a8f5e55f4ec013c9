{{ config(
    materialized='table_function',
    arguments=[{'name': 'as_of_date', 'type': 'date'}],
) }}

-- The factor of a day as of a date is its factor over that of the date: what both have
-- in common comes after it.
with bars as (
    select * from {{ ref('daily_bars') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
),

as_of_factors as (
    select
        instrument_id,
        split_ratio,
        dividend_factor
    from factors
    where
        valid_from <= {{ argument('as_of_date') }}
        and valid_to > {{ argument('as_of_date') }}
),

ratios as (
    select
        factors.instrument_id,
        factors.valid_from,
        factors.valid_to,
        factors.split_ratio / as_of_factors.split_ratio as split_ratio,
        factors.dividend_factor / as_of_factors.dividend_factor as dividend_factor
    from factors
    inner join as_of_factors on factors.instrument_id = as_of_factors.instrument_id
),

adjusted as (
    select
        {{ adjusted_day('bars', 'ratios') }}
    from bars
    inner join ratios
        on
            bars.instrument_id = ratios.instrument_id
            and {{ lies_within(
                'bars.session_date', 'ratios.valid_from', 'ratios.valid_to'
            ) }}
    where bars.session_date <= {{ argument('as_of_date') }}
)

select * from adjusted
