-- The verdict on each split: may it move a price?
{{ config(materialized='table') }}

with events as (
    select * from {{ ref('int_actions__split_events') }}
),

prices as (
    select * from {{ ref('int_actions__prices') }}
),

measured as (
    select
        events.*,
        prices.close_before,
        prices.open_after,
        prices.price_provider,
        -- how far the open is from what the ratio makes of the close, in logarithms
        case
            when events.reported_value > 0
                then abs(ln(
                    prices.open_after * events.reported_value / prices.close_before
                ))
        end as distance
    from events
    left join prices
        on
            events.instrument_id = prices.instrument_id
            and events.ex_date = prices.ex_date
),

judged as (
    select
        *,
        case
            when is_confirmed then 'confirmed'
            when is_rejected or is_overruled then 'rejected'
            when is_disputed then 'conflicting'
            when distance > {{ var('split_jump_tolerance') }} then 'implausible'
            when provider_count > 1 then 'agreed'
            else 'single_source'
        end as agreement
    from measured
),

explained as (
    select
        *,
        case
            when reported_value = 0 and is_confirmed
                then 'it is confirmed without a ratio, and nobody reports one'
            when agreement = 'rejected' and is_rejected
                then 'seeds/action_overrides.csv rejects it'
            when agreement = 'rejected'
                then 'seeds/action_overrides.csv confirms another one near its ex-date'
            when not reported_value > 0 then 'the split ratio is not positive'
            when agreement = 'conflicting'
                then 'the providers do not agree on the ratio or the ex-date'
            when agreement = 'implausible'
                then format(
                    'the price went from %s to %s, not by the ratio',
                    trim_scale(close_before),
                    trim_scale(open_after)
                )
        end as held_back_reason
    from judged
),

-- what stands on an ex-date is the decided one, then the preferred one
standing as (
    select distinct on (instrument_id, ex_date)
        -- keys
        instrument_id,
        ex_date,
        -- values
        reported_value::numeric(38, 18) as split_ratio,
        -- verdict
        agreement,
        held_back_reason is null as is_applied,
        held_back_reason,
        -- evidence
        provider_count,
        nullif(concat_ws(', ', reports, rival_reports), '') as reports,
        close_before,
        open_after,
        price_provider,
        -- lineage
        provider,
        derivation,
        load_id
    from explained
    order by
        instrument_id asc,
        ex_date asc,
        is_confirmed desc,
        agreement = 'rejected' asc,
        provider_priority asc,
        provider asc,
        reported_value asc
)

select * from standing
