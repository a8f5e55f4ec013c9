-- The verdict on each cash dividend: may it move a price?
with events as (
    select * from {{ ref('int_actions__dividend_events') }}
),

reports as (
    select * from {{ ref('int_actions__dividend_reports') }}
),

splits as (
    select * from {{ ref('int_actions__splits') }}
    where is_applied
),

prices as (
    select * from {{ ref('int_actions__prices') }}
),

measured as (
    select
        events.*,
        coalesce(reports.amount_basis, 'raw') as amount_basis,
        coalesce(reports.is_basis_uncertain, false) as is_basis_uncertain,
        prices.close_before,
        prices.price_provider,
        -- per share after a split of the same day, like the dividend
        prices.close_before / coalesce(splits.split_ratio, 1) as close_per_share
    from events
    left join reports
        on
            events.instrument_id = reports.instrument_id
            and events.provider = reports.provider
            and events.ex_date = reports.ex_date
            and events.currency = reports.currency
    left join splits
        on
            events.instrument_id = splits.instrument_id
            and events.ex_date = splits.ex_date
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
            when reported_value >= close_per_share then 'implausible'
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
                then 'it is confirmed without an amount, and nobody reports one'
            when agreement = 'rejected' and is_rejected
                then 'seeds/action_overrides.csv rejects it'
            when agreement = 'rejected'
                then 'seeds/action_overrides.csv confirms another one near its ex-date'
            when not reported_value > 0 then 'the dividend is not positive'
            when agreement = 'conflicting'
                then 'the providers do not agree on the amount, currency or ex-date'
            when agreement = 'implausible'
                then 'the dividend is not smaller than the close before the ex-date'
            when is_basis_uncertain and agreement <> 'confirmed'
                then 'the splits that it was restated for are in doubt'
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
        reported_value::numeric(38, 18) as dividend_amount,
        currency,
        amount_basis,
        -- verdict
        agreement,
        held_back_reason is null as is_applied,
        held_back_reason,
        -- evidence
        provider_count,
        nullif(concat_ws(', ', reports, rival_reports), '') as reports,
        close_before,
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
