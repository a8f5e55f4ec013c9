"""Minutes for measuring: full regular sessions, the same on every machine."""

from __future__ import annotations

import psycopg

MINUTES = """
insert into staging.raw_bars (
    provider, provider_symbol, asset_class, exchange, feed, currency, timeframe, bar_start_at,
    source_timestamp, open, high, low, close, volume, volume_unit, vwap, trade_count, price_basis,
    session_scope, is_final, request_id, source_row, fetched_at, _dlt_load_id
)
with days as (
    select
        session_date,
        open_at,
        close_at
    from staging.raw_sessions
    where exchange = 'XNYS' and session_date >= '2024-01-01'
    order by session_date
    limit {days}
),

minutes as (
    select
        days.session_date,
        minute_at,
        row_number() over (order by minute_at) as place
    from days
    cross join lateral generate_series(
        days.open_at, days.close_at - interval '1 minute', interval '1 minute'
    ) as stamps (minute_at)
),

walks as (
    select
        minutes.*,
        symbol_number,
        100 + symbol_number
        + 8 * sin(place / 9000.0 + symbol_number)
        + (hashint8(place * 31 + symbol_number) % 100) / 1000.0 as price,
        abs(hashint8(place * 7 + symbol_number)) % 90000 + 100 as shares
    from minutes
    cross join generate_series(1, {symbols}) as numbers (symbol_number)
)

select
    'bench', 'BENCH' || symbol_number, 'equity', 'XNYS', 'bench', 'USD', '1m', minute_at,
    minute_at::text,
    round(price::numeric, 4), round(price::numeric + 0.08, 4), round(price::numeric - 0.07, 4),
    round(price::numeric + 0.02, 4), shares, 'shares', round(price::numeric + 0.01, 6),
    shares / 100 + 1, 'raw', 'regular', true, 'bench-' || symbol_number, place,
    now(), 'bench-load'
from walks
order by symbol_number, walks.minute_at
"""


def land_minutes(connection: psycopg.Connection, symbols: int, days: int) -> int:
    """Land minutes of full sessions of 2024, as one load; returns how many.

    Args:
        connection: Of an administrator, with autocommit.
        symbols: How many symbols, BENCH1 and so on.
        days: How many session days of each.
    """
    with connection.transaction():
        connection.execute("set local time zone 'UTC'")
        found = connection.execute(MINUTES.format(symbols=symbols, days=days).encode())
        connection.execute(
            "insert into staging._dlt_loads (load_id, schema_name, status, inserted_at)"
            " values ('bench-load', 'bench', 0, now())"
        )
    connection.execute("analyze staging.raw_bars, staging._dlt_loads")
    return found.rowcount
