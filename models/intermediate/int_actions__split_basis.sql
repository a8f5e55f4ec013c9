-- What splits do to bars that were restated for them: the splits applied, the ex-dates
-- that are in doubt, and where a provider that was asked says otherwise itself.
{{ config(
    materialized='table',
    indexes=[{'columns': ['instrument_id', 'ex_date']}],
) }}

with splits as (
    select * from {{ ref('int_actions__splits') }}
),

reports as (
    select * from {{ ref('int_actions__split_reports') }}
),

disputes as (
    select * from {{ ref('int_actions__disputes') }}
),

applied as (
    select
        instrument_id,
        ex_date,
        split_ratio
    from splits
    where is_applied
),

held_back as (
    select
        instrument_id,
        ex_date
    from splits
    where not is_applied and agreement <> 'rejected'
),

-- every day that somebody reports for what is held back is in doubt
doubted as (
    select
        instrument_id,
        ex_date
    from held_back
    union
    select
        held_back.instrument_id,
        reports.ex_date
    from held_back
    inner join reports
        on
            held_back.instrument_id = reports.instrument_id
            and reports.ex_date between held_back.ex_date - 3 and held_back.ex_date + 3
),

basis as (
    select
        instrument_id,
        ex_date,
        'applied' as kind,
        null as provider,
        split_ratio as ratio
    from applied
    union all
    select
        instrument_id,
        ex_date,
        'doubted' as kind,
        null as provider,
        null as ratio
    from doubted
    union all
    select
        instrument_id,
        ex_date,
        'disputed' as kind,
        provider,
        ratio
    from disputes
)

select * from basis
