-- Whose history was restated as a whole, by nothing that we know of: final bars say of
-- days that are published one and the same multiple of what stands of that provider. A
-- part of such a history must not be mixed with the rest; all of it may replace it.
{{ config(
    materialized='table',
    pre_hook='{{ plan_for_pending_bars() }}',
    post_hook='analyze {{ this }}',
) }}

with days as (
    {{ days_before() }}
),

bars as (
    select * from {{ ref('int_bars__raw_basis') }}
    where
        is_final
        and not is_basis_uncertain
        and close > 0
        and {{ is_near_minutes_before('days') }}
),

-- what moves with our own splits was restated by us
changed_bases as (
    select * from {{ ref('int_actions__changed_bases') }}
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
    {{ closes_before('numbered') }}
    where
        numbered.place % greatest(numbered.bar_count / 200, 1) = 0
        and standing.close > 0
),

series as (
    select
        instrument_id,
        timeframe,
        provider,
        array_agg(shift) as shifts,
        percentile_cont(0.5) within group (order by shift) as shift
    from shifts
    group by instrument_id, timeframe, provider
),

restated as (
    select * from series
    where
        abs(shift) > {{ var('rebase_tolerance') }}
        and cardinality(shifts) >= {{ var('rebase_min_bars') }}
        and (
            select count(*)
            from unnest(series.shifts) as compared (shift)
            where abs(compared.shift - series.shift) < 0.005
        ) >= 0.9 * cardinality(shifts)
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
    {{ day_counts_before('restated') }}
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
