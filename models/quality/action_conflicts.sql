-- Splits and dividends that move no price until somebody decides, with the lines of
-- seeds/action_overrides.csv that decide it.
with actions as (
    select * from {{ ref('corporate_actions') }}
    where not is_applied and agreement <> 'rejected'
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

named as (
    select
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        instruments.asset_class,
        actions.*,
        concat_ws(
            ',',
            instruments.asset_class,
            coalesce(symbol_history.symbol, instruments.symbol),
            actions.action_type,
            actions.ex_date
        ) as seed_key,
        concat(
            trim_scale(actions.split_ratio), ',', trim_scale(actions.dividend_amount)
        ) as seed_values
    from actions
    inner join instruments on actions.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('actions', 'symbol_history', 'ex_date') }}
),

advised as (
    select
        -- keys
        symbol,
        action_type,
        ex_date,
        instrument_id,
        -- values
        trim_scale(split_ratio) as split_ratio,
        trim_scale(dividend_amount) as dividend_amount,
        currency,
        -- verdict
        agreement,
        held_back_reason,
        -- evidence
        provider,
        reports,
        trim_scale(close_before) as close_before,
        trim_scale(open_after) as open_after,
        price_jump::double precision as price_jump,
        price_provider,
        -- what to do
        concat(seed_key, ',', seed_values, ',confirm,') as line_to_confirm,
        concat(seed_key, ',,,reject,') as line_to_reject
    from named
)

select * from advised
