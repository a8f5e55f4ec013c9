-- How far each session day reaches and how far it jumped, beside the days before.
with profiles as (
    select * from {{ ref('day_profiles') }}
),

action_factors as (
    select * from {{ ref('action_factors') }}
),

-- a split is no jump
moved as (
    select
        profiles.*,
        greatest(
            ln(profiles.highest::double precision / profiles.typical_close),
            ln(profiles.typical_close / profiles.lowest::double precision)
        ) as reach,
        ln(
            profiles.typical_close
            * coalesce(action_factors.split_ratio, 1)::double precision
            / lag(profiles.typical_close) over by_date
        ) as jump
    from profiles
    left join action_factors
        on
            profiles.instrument_id = action_factors.instrument_id
            and profiles.session_date = action_factors.ex_date
    window by_date as (
        partition by profiles.instrument_id, profiles.timeframe
        order by profiles.session_date
    )
),

remembered as (
    select
        *,
        array_agg(reach) over recent as recent_reaches,
        array_agg(abs(jump)) over recent as recent_jumps,
        array_agg(mean_volume) over recent as recent_volumes,
        count(*) over recent >= {{ var('outlier_min_days') }} as is_known
    from moved
    window recent as (
        partition by instrument_id, timeframe order by session_date
        rows between {{ var('outlier_days') }} preceding and 1 preceding
    )
),

-- medians, so that one strange day does not excuse the next
measured as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        -- prices
        typical_close,
        highest,
        highest_at,
        lowest,
        lowest_at,
        -- activity
        bar_count,
        largest_volume,
        largest_volume_at,
        repeat_count,
        -- measures
        reach,
        jump,
        case
            when is_known
                then greatest(
                    {{ median_of('recent_reaches') }}, {{ var('outlier_floor') }}
                )
        end as usual_reach,
        case
            when is_known
                then greatest(
                    {{ median_of('recent_jumps') }}, {{ var('outlier_floor') }}
                )
        end as usual_jump,
        case when is_known then {{ median_of('recent_volumes') }} end as usual_volume
    from remembered
)

select * from measured
