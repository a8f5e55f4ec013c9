-- Reports and decisions that speak of the same split, put together.
with reports as (
    select * from {{ ref('int_actions__split_reports') }}
),

overrides as (
    select * from {{ ref('int_actions__overrides') }}
    where action_type = 'split'
),

preferred as (
    select distinct on (instrument_id, ex_date) *
    from reports
    order by instrument_id asc, ex_date asc, provider_priority asc, provider asc
),

-- without a ratio, a confirmation means the preferred one of its day, a rejection all
confirmed as (
    select
        overrides.*,
        coalesce(overrides.split_ratio, preferred.split_ratio, 0) as reported_value
    from overrides
    left join preferred
        on
            overrides.instrument_id = preferred.instrument_id
            and overrides.ex_date = preferred.ex_date
    where overrides.verdict = 'confirm'
),

rejected as (
    select
        overrides.*,
        coalesce(overrides.split_ratio, reports.split_ratio) as reported_value
    from overrides
    left join reports
        on
            overrides.instrument_id = reports.instrument_id
            and overrides.ex_date = reports.ex_date
            and overrides.split_ratio is null
    where
        overrides.verdict = 'reject'
        and num_nonnulls(overrides.split_ratio, reports.split_ratio) > 0
),

decided as (
    select * from confirmed
    union all
    select * from rejected
),

testimony as (
    select
        instrument_id,
        ex_date,
        split_ratio as reported_value,
        null as currency,
        provider,
        provider_priority,
        derivation,
        load_id,
        null as verdict,
        null as reason
    from reports
    union all
    select
        instrument_id,
        ex_date,
        reported_value,
        null as currency,
        'override' as provider,
        provider_priority,
        'seeds/action_overrides.csv' as derivation,
        'seeds/action_overrides.csv' as load_id,
        verdict,
        reason
    from decided
),

{{ action_events(relative=0.000001, absolute=0) }},

{{ action_rivals() }}

select * from settled
