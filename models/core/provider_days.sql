{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'timeframe', 'session_date'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook='{{ plan_for_many_rows() }}',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- What each provider of an instrument with several says of a session day, beside what
-- is published of it. Days that this build has bars for are looked at anew.
with rivals as (
    select * from {{ ref('int_bars__rivals') }}
),

bars_1m as (
    select * from {{ ref('bars_1m') }}
),

bars_intraday as (
    select * from {{ ref('bars_intraday') }}
),

bars_1d as (
    select * from {{ ref('bars_1d') }}
),

days as (
    select distinct
        instrument_id,
        timeframe,
        session_date
    from rivals
),

standing as (
    {{ standing_bars(
        ['open', 'high', 'low', 'close', 'volume', 'is_final', 'provider'], days='days'
    ) }}
),

-- a provider's own bar has nothing to be compared with
compared as (
    select
        rivals.*,
        standing.bar_start_at,
        standing.provider = rivals.provider as is_published,
        case when standing.provider <> rivals.provider then standing.provider end
            as standing_provider,
        case when standing.provider <> rivals.provider then standing.volume end
            as standing_volume,
        case when standing.provider <> rivals.provider then greatest(
            {%- for price in ['open', 'high', 'low', 'close'] %}
            abs(ln(
                rivals.{{ price }}::double precision
                / standing.{{ price }}::double precision
            )){{ ',' if not loop.last }}
            {%- endfor %}
        ) end as difference,
        jsonb_build_object(
            'bar_start_at', standing.bar_start_at,
            'published_by', standing.provider
            {%- for price in ['open', 'high', 'low', 'close', 'volume'] %},
            'published_{{ price }}', trim_scale(standing.{{ price }}),
            '{{ price }}', trim_scale(rivals.{{ price }})
            {%- endfor %}
        ) as evidence
    from rivals
    left join standing
        on
            rivals.instrument_id = standing.instrument_id
            and rivals.timeframe = standing.timeframe
            and rivals.session_date = standing.session_date
            and (rivals.timeframe = '1d' or rivals.bar_key_at = standing.bar_start_at)
            and standing.is_final
            and least(
                standing.open, standing.high, standing.low, standing.close,
                rivals.open, rivals.high, rivals.low, rivals.close
            ) > 0
),

summed_up as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        provider,
        -- counts
        count(*) as bar_count,
        count(*) filter (where is_published) as published_count,
        count(difference) as compared_count,
        count(*) filter (where difference > {{ var('disagreement_tolerance') }})
            as differing_count,
        -- how much
        exp(max(difference)) - 1 as largest_difference,
        (
            sum(volume) filter (where difference is not null)
            / nullif(sum(standing_volume), 0)
        )::double precision as volume_ratio,
        -- evidence
        string_agg(distinct standing_provider, ', ') as compared_with,
        last(evidence, difference) filter (
            where difference > {{ var('disagreement_tolerance') }}
        ) as evidence
    from compared
    group by instrument_id, timeframe, session_date, provider
)

select * from summed_up
