-- Whose history was restated as a whole, by nothing that we know of: final bars say of
-- days that are published one and the same multiple of what stands of that provider. A
-- part of such a history must not be mixed with the rest; all of it may replace it.
{{ config(
    materialized='table',
    pre_hook='{{ plan_for_many_rows() }}',
    post_hook='analyze {{ this }}',
) }}

with bars as (
    select * from {{ ref('int_bars__raw_basis') }}
    where is_final and not is_basis_uncertain and close > 0
),

-- what moves with our own splits was restated by us
changed_bases as (
    select * from {{ ref('int_actions__changed_bases') }}
),

days as (
    {{ days_before() }}
),

-- mostly none: a new session has no published bars yet
again as materialized (
    select distinct on (
        bars.instrument_id, bars.timeframe, bars.provider, bars.bar_key_at
    )
        bars.instrument_id,
        bars.timeframe,
        bars.provider,
        bars.bar_key_at,
        bars.session_date,
        bars.close
    from bars
    inner join days
        on
            bars.instrument_id = days.instrument_id
            and bars.timeframe = days.timeframe
            and bars.session_date = days.session_date
    left join changed_bases on bars.instrument_id = changed_bases.instrument_id
    where changed_bases.instrument_id is null
    order by
        bars.instrument_id asc, bars.timeframe asc, bars.provider asc,
        bars.bar_key_at asc, bars.loaded_at desc, bars.load_id desc,
        bars.request_id desc, bars.source_row desc
),

numbered as (
    select
        *,
        row_number() over (
            partition by instrument_id, timeframe, provider order by bar_key_at
        ) as place,
        count(*) over (partition by instrument_id, timeframe, provider) as bar_count
    from again
),

-- a few hundred bars of a series tell what all of them do
shifts as (
    select
        numbered.instrument_id,
        numbered.timeframe,
        numbered.provider,
        ln(numbered.close::double precision / standing.close::double precision) as shift
    from numbered
    cross join lateral ({{ closes_before('numbered') }}) as standing
    where
        numbered.place % greatest(numbered.bar_count / 200, 1) = 0
        and standing.close > 0
),

medians as (
    select
        instrument_id,
        timeframe,
        provider,
        percentile_cont(0.5) within group (order by shift) as shift
    from shifts
    group by instrument_id, timeframe, provider
),

restated as (
    select
        medians.instrument_id,
        medians.timeframe,
        medians.provider,
        medians.shift
    from medians
    inner join shifts
        on
            medians.instrument_id = shifts.instrument_id
            and medians.timeframe = shifts.timeframe
            and medians.provider = shifts.provider
    where abs(medians.shift) > {{ var('rebase_tolerance') }}
    group by
        medians.instrument_id, medians.timeframe, medians.provider, medians.shift
    having
        count(*) >= {{ var('rebase_min_bars') }}
        and count(*) filter (where abs(shifts.shift - medians.shift) < 0.005)
        >= 0.9 * count(*)
),

partial as (
    select
        -- keys
        restated.instrument_id,
        restated.timeframe,
        restated.provider,
        -- how much
        exp(restated.shift) as restated_by
    from restated
    cross join lateral ({{ day_counts_before('restated') }}) as standing
    where standing.day_count > (
        select count(distinct again.session_date)
        from again
        where
            restated.instrument_id = again.instrument_id
            and restated.timeframe = again.timeframe
            and restated.provider = again.provider
    )
)

select * from partial
