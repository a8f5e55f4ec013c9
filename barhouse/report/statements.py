"""What the report asks the warehouse, as an analyst."""

from __future__ import annotations

from typing import Final

SUMMARY: Final = (
    "select (select count(*) from core.instruments) as instrument_count,"
    " coalesce(sum(bar_count), 0)::bigint as bar_count, max(session_date) as newest_date"
    " from core.day_profiles"
)
#: Of each asset class in turn the symbol with most bars, then the second, and so on.
LARGEST: Final = (
    "select symbol, asset_class, is_ambiguous from ("
    " select i.symbol, i.asset_class, p.bar_count,"
    "   count(*) over (partition by i.symbol) > 1 as is_ambiguous,"
    "   row_number() over (partition by i.asset_class order by p.bar_count desc, i.symbol) as place"
    " from core.instruments as i inner join ("
    "   select instrument_id, sum(bar_count) as bar_count from core.day_profiles group by 1"
    " ) as p on p.instrument_id = i.instrument_id"
    ") as ranked order by place, bar_count desc, symbol limit %(limit)s"
)
#: How many series there are, and since when the newest days of each, or else of the newest, lie.
SERIES: Final = (
    "select count(*) as series_count, min(newest_date) as oldest_end,"
    " max(newest_date) as newest_end"
    " from (select max(session_date) as newest_date from core.day_profiles"
    "   where %(ids)s::bigint[] is null or instrument_id = any(%(ids)s)"
    "   group by instrument_id, timeframe) as ends"
)
COMPLETENESS: Final = (
    "select * from ("
    " select c.*, row_number() over ("
    "   partition by instrument_id, timeframe order by session_date desc) as place"
    " from quality.completeness as c where session_date >= %(since)s"
    " and (%(ids)s::bigint[] is null or instrument_id = any(%(ids)s))"
    ") as placed where place <= %(days)s order by symbol, timeframe, session_date"
)
QUARANTINE: Final = (
    "select symbol, timeframe, session_date, state, rules, reason, violation_count, bar_count,"
    " providers, first_seen_at, count(*) over () as total_count,"
    " count(*) filter (where state = 'open') over () as open_count"
    " from quality.quarantine"
    " where %(ids)s::bigint[] is null or instrument_id = any(%(ids)s)"
    " order by state <> 'open', session_date desc, symbol, timeframe limit %(limit)s"
)
RESTATEMENTS: Final = (
    "select symbol, timeframe, bar_start_at, session_date, revised_at, kind, lateness_seconds,"
    " provider_before, provider_after, close_before, close_after, largest_price_change,"
    " count(*) over () as total_count"
    " from quality.restatements"
    " where %(ids)s::bigint[] is null or instrument_id = any(%(ids)s)"
    " order by revised_at desc, symbol, bar_start_at desc limit %(limit)s"
)
FRESHNESS: Final = (
    "select exchange, timeframe, series_count, newest_bar_at, next_session_date, due_since_at"
    " from ops.ops_freshness order by due_since_at nulls last, exchange, timeframe"
)
LOADS: Final = (
    "select load_id, provider, request_count, failed_count, row_count, reject_count, loaded_at,"
    " published_at, count(*) over () as total_count"
    " from ops.ops_loads order by loaded_at desc limit %(limit)s"
)
#: Named by their numbers: an analyst may not look into every schema.
HYPERTABLES: Final = (
    "with kept as ("
    " select hypertable_schema as place, hypertable_name as name, 'hypertable' as kind,"
    "   hypertable_schema || '.' || hypertable_name as shown"
    " from timescaledb_information.hypertables"
    " where hypertable_schema in ('staging', 'core', 'marts')"
    " union all"
    " select materialization_hypertable_schema, materialization_hypertable_name,"
    "   'continuous aggregate', view_schema || '.' || view_name"
    " from timescaledb_information.continuous_aggregates where view_schema in ('core', 'marts')"
    "), chunks as ("
    " select hypertable_schema as place, hypertable_name as name, count(*) as chunk_count,"
    "   count(*) filter (where is_compressed) as compressed_count"
    " from timescaledb_information.chunks group by 1, 2"
    ") select k.shown as relation, k.kind, coalesce(chunks.chunk_count, 0) as chunk_count,"
    " coalesce(chunks.compressed_count, 0) as compressed_count,"
    " hypertable_size(c.oid::regclass) as size_bytes, packed.before_bytes, packed.after_bytes"
    " from kept as k"
    " inner join pg_namespace as n on n.nspname = k.place"
    " inner join pg_class as c on c.relnamespace = n.oid and c.relname = k.name"
    " left join chunks on chunks.place = k.place and chunks.name = k.name"
    " left join lateral ("
    "   select sum(s.before_compression_total_bytes)::bigint as before_bytes,"
    "     sum(s.after_compression_total_bytes)::bigint as after_bytes"
    "   from hypertable_compression_stats(c.oid::regclass) as s"
    " ) as packed on true"
    " order by size_bytes desc nulls last, relation"
)
SCHEMAS: Final = (
    "select n.nspname as schema_name, count(*) as table_count,"
    " sum(pg_total_relation_size(c.oid))::bigint as size_bytes"
    " from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'm')"
    " and n.nspname in ('staging', 'prep', 'core', 'marts', 'quality', 'ops')"
    " group by n.nspname order by size_bytes desc"
)
DATABASE: Final = "select pg_database_size(current_database()) as size_bytes"
