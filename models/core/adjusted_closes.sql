{{ config(
    materialized='incremental',
    unique_key=['instrument_id', 'session_date', 'provider', 'load_id', 'request_id'],
    incremental_strategy='delete+insert',
    on_schema_change='fail',
    pre_hook='{{ plan_for_pending_bars() }}',
    post_hook='{{ analyze_if_changed(this) }}',
) }}

-- The adjusted closes that providers give themselves: never a price, but something to
-- hold our factors against.
with bars as (
    select * from {{ ref('int_bars__pending') }}
    where timeframe = '1d' and adjusted_close > 0
),

given as (
    select distinct on (instrument_id, placed_on, provider, load_id, request_id)
        -- keys
        instrument_id,
        placed_on as session_date,
        provider,
        load_id,
        request_id,
        -- prices
        adjusted_close,
        -- lineage
        fetched_at
    from bars
    order by
        instrument_id asc,
        placed_on asc,
        provider asc,
        load_id asc,
        request_id asc,
        source_row desc
)

select * from given
