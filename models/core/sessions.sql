{{ config(
    materialized='incremental',
    unique_key=['exchange', 'session_date'],
    incremental_strategy='differences',
    on_schema_change='append_new_columns',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

with all_sessions as (
    select * from {{ ref('int_sessions__corrected') }}
),

exchanges as (
    select * from {{ ref('exchanges') }}
),

{% set usual_or_early_close -%}
    case when all_sessions.is_early_close then exchanges.extended_close_early
    else exchanges.extended_close end
{%- endset %}
-- on a day that closes early, trading after the session ends earlier too
with_extended_hours as (
    select
        -- keys
        all_sessions.exchange,
        all_sessions.session_date,
        -- times
        all_sessions.open_at,
        all_sessions.close_at,
        all_sessions.break_start_at,
        all_sessions.break_end_at,
        -- flags
        all_sessions.is_early_close,
        -- lineage
        all_sessions.calendar_version,
        -- extended hours
        case
            when exchanges.extended_open is not null
                then least(
                    all_sessions.open_at,
                    {{ wall_time('session_date', 'exchanges.extended_open') }}
                )
        end as pre_open_at,
        case
            when exchanges.extended_close is not null
                then greatest(
                    all_sessions.close_at,
                    {{ wall_time('session_date', usual_or_early_close) }}
                )
        end as post_close_at,
        all_sessions.is_overridden
    from all_sessions
    left join exchanges on all_sessions.exchange = exchanges.exchange
)

select * from with_extended_hours
