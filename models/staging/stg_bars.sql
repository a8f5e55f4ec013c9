-- Without CTEs: PostgreSQL plans a view that has some by itself, and not by what it is
-- joined to. So the bars of a few loads are found by their index.
select
    -- keys
    bars.provider,
    bars.feed,
    bars.provider_symbol,
    bars.asset_class,
    bars.exchange,
    bars.timeframe,
    bars.bar_start_at,
    bars.session_date,
    bars.source_timestamp,
    -- prices
    bars.open,
    bars.high,
    bars.low,
    bars.close,
    bars.vwap,
    bars.adjusted_close,
    bars.currency,
    bars.price_basis,
    -- activity
    bars.volume,
    bars.volume_unit,
    bars.trade_count,
    -- flags
    bars.session_scope,
    bars.is_final,
    -- lineage
    bars.request_id,
    bars.source_row,
    bars.fetched_at,
    bars._dlt_load_id as load_id,
    loads.inserted_at as loaded_at
from {{ source('staging', 'raw_bars') }} as bars
inner join {{ source('staging', '_dlt_loads') }} as loads
    on bars._dlt_load_id = loads.load_id
where loads.status = 0
