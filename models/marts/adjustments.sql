with factors as (
    select * from {{ ref('adjustment_factors') }}
),

adjustments as (
    select
        -- keys
        instrument_id,
        valid_from as valid_from_date,
        valid_to as valid_to_date,
        -- factors
        split_ratio,
        dividend_factor
    from factors
)

select * from adjustments
