-- What people decided about actions, by instrument.
with action_overrides as (
    select * from {{ ref('action_overrides') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

identified as (
    select
        -- keys
        instruments.instrument_id,
        action_overrides.action_type,
        action_overrides.ex_date,
        -- values
        action_overrides.split_ratio,
        action_overrides.dividend_amount,
        instruments.currency,
        -- verdict
        action_overrides.verdict,
        action_overrides.reason,
        case action_overrides.verdict when 'confirm' then 0 else 1000000 end
            as provider_priority
    from action_overrides
    inner join instruments
        on
            action_overrides.asset_class = instruments.asset_class
            and action_overrides.symbol = instruments.symbol
)

select * from identified
