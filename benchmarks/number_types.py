"""Which type prices and volumes should have: bytes, sums and fetches of the same minutes.

    BARHOUSE_DATABASE_URL=... python -m benchmarks.number_types [--scale reference] [--rounds 5]

Four hypertables hold the generated minutes, compressed as ``core.bars_1m`` is: six numbers of the
type in question, the key and a count. Every sum is compared with the generator. *sum* adds up
closes and volumes and takes the largest high of all rows, *fetch* brings the minutes of one symbol
through ADBC into Arrow, as they come. Bars that the database holds are not touched; see
docs/decisions/0027-numeric-stays.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any, Final

import adbc_driver_postgresql.dbapi as adbc
import numpy as np
import psycopg
import pyarrow as pa

from barhouse import bootstrap
from barhouse.database import Warehouse, open_warehouse
from barhouse.errors import BarhouseError
from benchmarks.generator import SCALES, Market
from benchmarks.landing import made_market
from benchmarks.table import insist
from extract.settings import load_settings

PRICES: Final = ("open", "high", "low", "close", "vwap")
TABLE: Final = "ops.number_bars"
SOURCE: Final = "ops.number_source"
#: By name: the SQL type, and how many units of it a price of 1 has.
TYPES: Final = {
    "numeric(38, 18)": ("numeric(38, 18)", 1),
    "numeric(18, 8)": ("numeric(18, 8)", 1),
    "double precision": ("double precision", 1),
    "bigint, scaled by 1e8": ("bigint", 100_000_000),
}
SUMS: Final = f"select sum(close), max(high), sum(volume) from {TABLE}"
FETCH: Final = (
    f"select bar_start_at, open, high, low, close, volume from {TABLE}"
    " where instrument_id = 1 order by bar_start_at"
)


@dataclass(frozen=True)
class Found:
    """What one type takes.

    Attributes:
        name: Of the type.
        size: Bytes a row, compressed, with indexes and toast.
        sums: Seconds.
        fetch: Seconds.
    """

    name: str
    size: float
    sums: float
    fetch: float


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SCALES, default="reference")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    settings = load_settings()
    warehouse = open_warehouse(settings)
    bootstrap.bootstrap(warehouse.url(), settings.project_dir / "sql_bootstrap")
    try:
        market = made_market(settings, warehouse, SCALES[given.scale])
        found, rows = measure(warehouse, market, given.rounds)
    except BarhouseError as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(f"{rows:,} minutes\n\n")
    sys.stdout.write("| type | bytes/row | sum ms | fetch ms |\n|---|---:|---:|---:|\n")
    for one in found:
        sys.stdout.write(
            f"| {one.name} | {one.size:.1f} | {one.sums * 1000:,.0f} | {one.fetch * 1000:,.1f} |\n"
        )


def measure(warehouse: Warehouse, market: Market, rounds: int) -> tuple[list[Found], int]:
    """Measure every type.

    Args:
        warehouse: The database, bootstrapped.
        market: The minutes.
        rounds: How often each query counts, after one that does not.

    Returns:
        What each type takes, and how many minutes there are.

    Raises:
        BarhouseError: A sum is wrong.
    """
    right, rows = _written(warehouse, market)
    found = []
    try:
        with psycopg.connect(warehouse.url(), autocommit=True) as connection:
            # The same statement has another type with each table.
            connection.prepare_threshold = None
            for name, (sql_type, units) in TYPES.items():
                size = _filled(connection, sql_type, units) / rows
                sums = _median(partial(_sums, connection, units, right), rounds)
                fetch = _median(partial(_fetch, warehouse, len(market.minutes(0))), rounds)
                found.append(Found(name, size, sums, fetch))
                sys.stderr.write(f"{found[-1]}\n")
    finally:
        with psycopg.connect(warehouse.url(), autocommit=True) as connection:
            connection.execute(f"drop table if exists {TABLE}, {SOURCE}".encode())
    return found, rows


# Writes the minutes as whole numbers; returns what the sums must be, in cents and shares.
def _written(warehouse: Warehouse, market: Market) -> tuple[Sequence[int], int]:
    numbers = range(market.scale.symbols)

    def batches() -> Iterator[pa.RecordBatch]:
        for number in numbers:
            columns = market.minutes(number).columns()
            times = pa.array(columns.pop("time"), pa.timestamp("us", "UTC"))
            key = pa.array(np.full(len(times), number + 1))
            yield pa.record_batch({"instrument_id": key, "bar_start_at": times, **columns})

    first = next(batches())
    with adbc.connect(warehouse.url()) as connection, connection.cursor() as cursor:
        cursor.execute(f"drop table if exists {TABLE}, {SOURCE}")
        reader = pa.RecordBatchReader.from_batches(first.schema, batches())
        schema, _, table = SOURCE.partition(".")
        cursor.adbc_ingest(table, reader, mode="create", db_schema_name=schema)
        connection.commit()
    bars = [market.minutes(number) for number in numbers]
    right = (
        sum(int(one.close.sum()) for one in bars),
        max(int(one.high.max()) for one in bars),
        sum(int(one.volume.sum()) for one in bars),
    )
    return right, sum(map(len, bars))


def _filled(connection: psycopg.Connection, sql_type: str, units: int) -> int:
    declared = ", ".join(f"{name} {sql_type}" for name in (*PRICES, "volume"))
    made = {name: 10_000 if name == "vwap" else 100 for name in PRICES}

    def value(name: str, parts: int) -> str:
        if units > 1:
            return f"{name} * {units // parts}"
        return f"{name}::{sql_type.partition('(')[0]} / {parts}"

    values = ", ".join(value(name, parts) for name, parts in {**made, "volume": 1}.items())
    for statement in (
        f"drop table if exists {TABLE}",
        (
            f"create table {TABLE} (instrument_id bigint not null,"
            f" bar_start_at timestamptz not null, {declared}, trade_count bigint,"
            " primary key (instrument_id, bar_start_at))"
        ),
        (
            f"select create_hypertable('{TABLE}', by_range('bar_start_at', interval '7 days'),"
            " create_default_indexes => false)"
        ),
        (
            f"alter table {TABLE} set (timescaledb.compress,"
            " timescaledb.compress_segmentby = 'instrument_id',"
            " timescaledb.compress_orderby = 'bar_start_at desc')"
        ),
        (
            f"insert into {TABLE} select instrument_id, bar_start_at, {values}, trade_count"
            f" from {SOURCE}"
        ),
        f"select count(compress_chunk(chunk)) from show_chunks('{TABLE}') as chunk",
        f"vacuum analyze {TABLE}",
    ):
        connection.execute(statement.encode())
    found = connection.execute(f"select hypertable_size('{TABLE}')".encode()).fetchone()
    return int(found[0]) if found else 0


def _sums(connection: psycopg.Connection, units: int, right: Sequence[int]) -> float:
    began = time.perf_counter()
    found = connection.execute(SUMS.encode()).fetchone()
    taken = time.perf_counter() - began
    closes, high, volumes = found or (0, 0, 0)
    cents = [round(closes * 100 / units), round(high * 100 / units), round(volumes / units)]
    insist("sums", cents, list(right))
    return taken


def _fetch(warehouse: Warehouse, count: int) -> float:
    with adbc.connect(warehouse.url()) as connection, connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(FETCH)
        table: Any = cursor.fetch_arrow_table()
        taken = time.perf_counter() - began
    insist("minutes fetched", table.num_rows, count)
    return taken


def _median(measured: Callable[[], float], rounds: int) -> float:
    return median([measured() for _ in range(rounds + 1)][1:])


if __name__ == "__main__":
    main()
