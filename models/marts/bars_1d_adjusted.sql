with bars as (
    select * from {{ ref('daily_bars') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
),

adjusted as (
    select
        {{ adjusted_day('bars', 'factors') }}
    from bars
    inner join factors
        on
            bars.instrument_id = factors.instrument_id
            and {{ lies_within(
                'bars.session_date', 'factors.valid_from', 'factors.valid_to'
            ) }}
)

select * from adjusted
