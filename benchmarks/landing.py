"""Generated bars and actions as landed rows of ``staging``, load by load."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import psycopg
import pyarrow as pa

from barhouse.database import Warehouse
from barhouse.landing import extract_provider
from benchmarks.generator import DAY, Bars, Ints, Market, Scale, Session
from extract.landing import PRICE, SCHEMAS, LandingTable, landing_table
from extract.settings import Settings

YEAR: Final = 2024
EXCHANGE: Final = "XNYS"
_SESSIONS: Final = """
select
    session_date::text,
    (extract(epoch from open_at) * 1000000)::bigint,
    (extract(epoch from close_at - open_at) / 60)::integer
from staging.raw_sessions
where exchange = %s and session_date between %s and %s
order by session_date
"""
_WORDS: Final = {
    "provider": "bench",
    "asset_class": "equity",
    "exchange": EXCHANGE,
    "feed": "bench",
    "currency": "USD",
    "volume_unit": "shares",
    "price_basis": "raw",
    "session_scope": "regular",
    "is_final": True,
}


def made_market(settings: Settings, warehouse: Warehouse, scale: Scale) -> Market:
    """Return the market of a scale, on the sessions that Barhouse knows.

    Args:
        settings: The project.
        warehouse: Bootstrapped; the sessions of the exchange land in it.
        scale: How much.
    """
    extract_provider("sessions", settings, warehouse, {"only": [EXCHANGE]})
    span = (date(YEAR + 1 - scale.years, 1, 1), date(YEAR + 1, 2, 1))
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        found = connection.execute(_SESSIONS.encode(), (EXCHANGE, *span)).fetchall()
    return Market.of(scale, [Session(*row) for row in found], YEAR)


def land_days(warehouse: Warehouse, market: Market) -> int:
    """Land all daily bars, splits and dividends, as one load; returns how many bars.

    Args:
        warehouse: Bootstrapped.
        market: What to land.
    """
    days = pa.array([date.fromisoformat(one.day) for one in market.day_sessions], pa.date32())
    opens = np.array([one.open_at for one in market.day_sessions])

    def tables() -> Iterator[pa.Table]:
        for number, symbol in enumerate(market.day_symbols):
            yield _landed(symbol, "1d", market.days(number), opens, days)

    actions: dict[LandingTable, list[dict[str, Any]]] = {"raw_splits": [], "raw_dividends": []}
    for number, symbol in enumerate(market.day_symbols):
        for action in market.actions(number):
            row = {
                **{name: _WORDS[name] for name in ("provider", "asset_class", "exchange")},
                "provider_symbol": symbol,
                "ex_date": date.fromisoformat(market.day_sessions[action.place].day),
                "derivation": "reported",
                "request_id": f"bench-{symbol}",
                "fetched_at": datetime.now(UTC),
            }
            if action.split_ratio:
                actions["raw_splits"].append({**row, "split_ratio": Decimal(action.split_ratio)})
            else:
                amount = {"dividend_amount": Decimal(action.dividend) / 100, "currency": "USD"}
                actions["raw_dividends"].append({**row, **amount, "amount_basis": "raw"})
    for table, rows in actions.items():
        _ingest(warehouse, table, "bench-days", iter([landing_table(table, rows)]))
    return _load(warehouse, "bench-days", tables())


def land_minutes(warehouse: Warehouse, market: Market, first: int, end: int) -> int:
    """Land the minutes of some sessions, as one load; returns how many.

    Args:
        warehouse: Bootstrapped.
        market: What to land.
        first: Place of the first session.
        end: Place after the last.
    """
    span = market.minute_sessions[first].midnight, market.minute_sessions[end - 1].midnight
    span = span[0], span[1] + DAY

    def tables() -> Iterator[pa.Table]:
        for number, symbol in enumerate(market.minute_symbols):
            bars = market.minutes(number).between(*span)
            yield _landed(symbol, "1m", bars, bars.time, pa.nulls(len(bars), pa.date32()))

    return _load(warehouse, load_of(first, end), tables())


def load_of(first: int, end: int) -> str:
    """Return the load that :func:`land_minutes` makes of these sessions."""
    return f"bench-minutes-{first:03}-{end:03}"


def _load(warehouse: Warehouse, load: str, tables: Iterator[pa.Table]) -> int:
    rows = _ingest(warehouse, "raw_bars", load, tables)
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        connection.execute(
            "insert into staging._dlt_loads (load_id, schema_name, status, inserted_at)"
            " values (%s, 'bench', 0, now())",
            (load,),
        )
        connection.execute("analyze staging.raw_bars, staging._dlt_loads")
    return rows


def _ingest(
    warehouse: Warehouse, table: LandingTable, load: str, tables: Iterator[pa.Table]
) -> int:
    schema = SCHEMAS[table].append(pa.field("_dlt_load_id", pa.string(), nullable=False))
    count = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal count
        for rows in tables:
            count += len(rows)
            loads = pa.repeat(pa.scalar(load), len(rows))
            named = rows.append_column(schema.field("_dlt_load_id"), loads)
            yield from named.cast(schema).to_batches(max_chunksize=10_000)

    with adbc.connect(warehouse.url("loader")) as connection, connection.cursor() as cursor:
        reader = pa.RecordBatchReader.from_batches(schema, batches())
        cursor.adbc_ingest(table, reader, mode="append", db_schema_name="staging")
        connection.commit()
    return count


def _landed(symbol: str, timeframe: str, bars: Bars, starts: Ints, days: pa.Array) -> pa.Table:
    count = len(bars)
    times = pa.array(starts, pa.timestamp("us", "UTC"))
    now = pa.scalar(datetime.now(UTC), pa.timestamp("us", "UTC"))
    prices = {name: decimals(getattr(bars, name), 2) for name in ("open", "high", "low", "close")}
    columns = {
        **{name: pa.repeat(pa.scalar(word), count) for name, word in _WORDS.items()},
        **prices,
        "provider_symbol": pa.repeat(pa.scalar(symbol), count),
        "timeframe": pa.repeat(pa.scalar(timeframe), count),
        "bar_start_at": times,
        "session_date": days,
        "source_timestamp": times.cast(pa.int64()).cast(pa.string()),
        "volume": decimals(bars.volume, 0),
        "vwap": decimals(bars.vwap, 4),
        "trade_count": pa.array(bars.trade_count),
        "adjusted_close": pa.nulls(count, PRICE),
        "request_id": pa.repeat(pa.scalar(f"bench-{symbol}"), count),
        "source_row": pa.array(np.arange(count)),
        "fetched_at": pa.repeat(now, count),
    }
    return pa.table({name: columns[name] for name in SCHEMAS["raw_bars"].names})


def decimals(values: Ints, places: int) -> pa.Array:
    """Return whole numbers as decimals of the landing contract.

    Args:
        values: Such as cents.
        places: How many digits of them stand after the point: 2 for cents.
    """
    whole = pa.array(values).cast(pa.decimal128(20, 0))
    return pa.Array.from_buffers(
        pa.decimal128(20, places), len(whole), whole.buffers(), whole.null_count, whole.offset
    ).cast(PRICE)
