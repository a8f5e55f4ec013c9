{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'timeframe', 'session_date'],
    incremental_strategy='delete+insert',
    on_schema_change='fail',
    pre_hook=[
        '{{ keep_profiles_whole() }}',
        '{{ plan_for_many_rows() }}',
        '{{ hold_changed_days() }}',
        "set local {{ 'enable_nestloop' if many_days_changed() else 'enable_seqscan' }} = off",
    ],
    post_hook=['{{ forget_changed_days() }}', '{{ analyze_if_changed(this) }}'],
) }}

{%- set hypertables = ['bars_1m', 'bars_intraday', 'bars_1d'] %}
-- What the published bars of each session day look like. Days whose bars changed since
-- the last build are looked at anew, with all that stands of them.
with noted_days as (
    select * from {{ ref('stg_changed_days') }}
),

changed_days as not materialized (
    select *
    from noted_days
    {%- if is_incremental() %}
    -- a day of which the lake alone holds a part keeps its profile
    where
        not exists (
            select 1
            from {{ this }} as known
            where
                {{ same_day('known', 'noted_days') }}
                and known.covered && {{ ranges_in_lake_alone('known') }}
        )
    {%- endif %}
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

{% for table in hypertables %}
standing_{{ table }} as (
    {{ standing_bars(
        ['open', 'high', 'low', 'close', 'volume'],
        days='changed_days' if is_incremental() else none,
        tables=[table]
    ) }}
),

compared_{{ table }} as (
    {{ compared_bars('standing_' ~ table) }}
),

{% endfor %}
-- each hypertable by itself: a list of all would be sorted by the timeframe, too
profiles as (
    {% for table in hypertables -%}
    {{ profiled_days('compared_' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from profiles
