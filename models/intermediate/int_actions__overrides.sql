-- What people decided about actions, by instrument.
with action_overrides as (
    select * from {{ ref('action_overrides') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
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
    inner join symbol_history
        on
            action_overrides.asset_class = symbol_history.asset_class
            and action_overrides.symbol = symbol_history.symbol
            and action_overrides.ex_date >= symbol_history.valid_from_date
            and action_overrides.ex_date < symbol_history.valid_to_date
    inner join instruments
        on symbol_history.instrument_id = instruments.instrument_id
)

select * from identified
