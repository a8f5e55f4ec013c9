"""One measurement of benchmarks.extract, in a process of its own so that memory is its own too."""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa

from barhouse import embedded
from barhouse.landing import extract_provider
from barhouse.opening import ready_warehouse
from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.connection import reach
from extract.api.feed import Listing
from extract.api.plan import Plan, exchange_of
from extract.api.wish import read_wish
from extract.config.symbols import load_symbols
from extract.coverage import Coverage
from extract.exchanges import Exchange, read_exchanges
from extract.landing import SCHEMAS
from extract.providers import ExtractRequest
from extract.registry import load_provider
from extract.settings import Settings, load_settings


def main() -> None:
    """Measure one way; the last line of standard output is what was found, as JSON."""
    way, *wish = sys.argv[1:]
    settings = load_settings()
    if way == "stop":
        embedded.stop(settings.embedded_dir)
        return
    provider, symbols, start, end = wish
    options = {
        "symbols": symbols.split(","),
        "timeframes": ["1m"],
        "start": start,
        "end": end,
        "datasets": ["bars"],
    }
    rows, seconds = {"read": _read, "land": _land, "copy": _copy}[way](settings, provider, options)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"rows": rows, "seconds": round(seconds, 3), "megabytes": round(megabytes)}
    sys.stdout.write(json.dumps(found) + "\n")


def _read(settings: Settings, provider: str, options: dict[str, Any]) -> tuple[int, float]:
    began = time.perf_counter()
    rows = sum(len(page.times) for page in _pages(settings, provider, options))
    return rows, time.perf_counter() - began


def _land(settings: Settings, provider: str, options: dict[str, Any]) -> tuple[int, float]:
    warehouse = ready_warehouse(settings)
    options = {**options, "refetch": True}
    began = time.perf_counter()
    report = extract_provider(provider, settings, warehouse, options)
    return report.row_counts["raw_bars"], time.perf_counter() - began


def _copy(settings: Settings, provider: str, options: dict[str, Any]) -> tuple[int, float]:
    warehouse = ready_warehouse(settings)
    batches = load_provider(provider).batches(_request(settings, options))
    tables = [batch.rows for batch in batches if batch.table == "raw_bars"]
    rows = sum(table.num_rows for table in tables)
    schema = SCHEMAS["raw_bars"].append(pa.field("_dlt_load_id", pa.string(), nullable=False))

    def stream() -> Iterator[pa.RecordBatch]:
        for table in tables:
            load = pa.repeat(pa.scalar(f"copy-{time.time()}"), table.num_rows)
            yield from table.append_column(schema.field("_dlt_load_id"), load).to_batches()

    began = time.perf_counter()
    with adbc.connect(warehouse.url("loader")) as connection, connection.cursor() as cursor:
        reader = pa.RecordBatchReader.from_batches(schema, stream())
        cursor.adbc_ingest("raw_bars", reader, mode="append", db_schema_name="staging")
        connection.commit()
    return rows, time.perf_counter() - began


def _pages(settings: Settings, provider: str, options: dict[str, Any]) -> Iterator[Any]:
    source: Any = load_provider(provider)
    request = _request(settings, options)
    reached = reach(source.terms, request)
    feed = source._connect(reached.connection)  # noqa: SLF001 - what is measured
    budget = Budget(reached.requests_per_minute)
    plan = Plan(source.terms, reached, read_wish(options, source.terms), Coverage(), _now())
    for window in plan.windows(_listings(settings, source, options)):
        yield from feed.bars(window, Caller(budget, feed.fault, RetryPolicy(), threading.Event()))


def _listings(
    settings: Settings, source: Any, options: dict[str, Any]
) -> list[tuple[Listing, Exchange]]:
    symbols = load_symbols(settings.project_dir)
    seed = settings.project_dir / "seeds" / "exchanges.csv"
    exchanges = {exchange.exchange: exchange for exchange in read_exchanges(seed)}
    found = []
    for symbol in options["symbols"]:
        entry = symbols.find(symbol)
        assert entry is not None  # noqa: S101 - it comes from a preset
        spelled = source.terms.spell(symbol, entry.asset_class)
        listing = Listing(symbol, spelled, entry.asset_class, entry.exchange, entry.currency)
        found.append((listing, exchange_of(listing, exchanges)))
    return found


def _request(settings: Settings, options: dict[str, Any]) -> ExtractRequest:
    return ExtractRequest(
        fetched_at=_now(),
        is_landed=lambda _fingerprint: True,
        cache_dir=settings.cache_dir,
        project_dir=settings.project_dir,
        options=options,
        settings=settings,
    )


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
