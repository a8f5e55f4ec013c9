-- Where a provider says something else of a day than what is published.
with provider_days as (
    select * from {{ ref('provider_days') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

named as (
    select
        -- keys
        coalesce(symbol_history.symbol, instruments.symbol) as symbol,
        provider_days.timeframe,
        provider_days.session_date,
        provider_days.instrument_id,
        provider_days.provider,
        provider_days.compared_with,
        -- how much
        provider_days.compared_count,
        provider_days.differing_count,
        provider_days.largest_difference,
        provider_days.volume_ratio,
        -- flags
        provider_days.largest_difference + 1 between 95 and 105 as is_unit_suspect,
        -- evidence
        provider_days.evidence
    from provider_days
    inner join instruments on provider_days.instrument_id = instruments.instrument_id
    left join symbol_history on {{ has_symbol('provider_days', 'symbol_history') }}
    where provider_days.differing_count > 0
)

select * from named
