"""DuckDB on Parquet: minutes by month, days by year, sorted by symbol and time, zstd."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.generator import Bars
from benchmarks.questions import Asked, midnight

MADE = """
create table {table} (
    symbol varchar, time timestamp, open double, high double, low double, close double,
    volume double, trade_count bigint, vwap double
)
"""
COPIED = """
copy (
    select * from {table} where strftime(time, '{part}') = ? order by symbol, time
) to '{path}' (format parquet, compression zstd, row_group_size 20480)
"""
BARS = "select symbol, time, open, high, low, close, volume from {table} where "
DAYS_OF_MINUTES = """
select
    symbol,
    cast(time as date) as day,
    arg_min(open, time) as open,
    max(high) as high,
    min(low) as low,
    arg_max(close, time) as close,
    sum(volume) as volume
from minutes
where time >= ? and time < ?
group by symbol, day
order by symbol, day
"""


class DuckDB:
    """Holds the bars in folders of Parquet files and asks them by SQL."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder, self._asked = folder, asked
        self._connection = duckdb.connect()
        self._views: set[str] = set()

    def write(self, table: str, symbols: dict[str, Bars]) -> tuple[float, int]:
        """Write bars as Parquet; returns seconds, from data frames to files, and bytes.

        Args:
            table: ``minutes`` or ``days``; what is written later lies beside what is there.
            symbols: Bars by symbol.
        """
        part, name = ("%Y-%m", "month") if table == "minutes" else ("%Y", "year")
        taken, staged = 0.0, f"staged_{table}"
        self._connection.execute(f"drop table if exists {staged}")
        self._connection.execute(MADE.format(table=staged))
        for symbol, bars in symbols.items():
            times = bars.time.astype("datetime64[us]")
            frame = pd.DataFrame({"symbol": symbol, "time": times, **bars.values()})
            began = time.perf_counter()
            self._connection.register("frame", frame)
            self._connection.execute(f"insert into {staged} by name select * from frame")
            taken += time.perf_counter() - began
        parts = self._connection.execute(
            f"select distinct strftime(time, '{part}') from {staged} order by 1"
        ).fetchall()
        began, size = time.perf_counter(), 0
        for (value,) in parts:
            folder = self._folder / table / f"{name}={value}"
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"bars{len(list(folder.iterdir()))}.parquet"
            copied = COPIED.format(table=staged, part=part, path=path)
            self._connection.execute(copied, [value])
            size += path.stat().st_size
        taken += time.perf_counter() - began
        self._connection.execute(f"drop table {staged}")
        self._connection.execute(
            f"create or replace view {table} as select * from read_parquet("
            f"'{self._folder / table}/*/*.parquet', hive_partitioning = true,"
            f" hive_types = {{'{name}': varchar}})"
        )
        return taken, size

    def answer(self, name: str) -> list[Any]:
        """Answer a question, as pandas data frames.

        Args:
            name: Of :data:`benchmarks.questions.QUESTIONS`.
        """
        asked = self._asked
        first, last = asked.year
        if name == "days_one":
            return self._days("symbol = ? and", [asked.one_day_symbol], first, last)
        if name == "days_many":
            return self._days("symbol in (select unnest(?)) and", [asked.many], first, last)
        if name == "cross_section":
            return self._days("", [], asked.one_day, asked.one_day)
        first, last = asked.minute_days
        span = [_time(first), _time(last) + pd.Timedelta(days=1)]
        if name == "days_of_minutes":
            return [self._connection.execute(DAYS_OF_MINUTES, span).df()]
        sql = BARS.format(table="minutes") + (
            "symbol = ? and time >= ? and time < ? and month between ? and ? order by time"
        )
        given = [asked.one_minute_symbol, *span, first[:7], last[:7]]
        return [self._connection.execute(sql, given).df()]

    def _days(self, condition: str, given: list[Any], first: str, last: str) -> list[Any]:
        sql = BARS.format(table="days") + (
            f"{condition} time between ? and ? and year between ? and ? order by symbol, time"
        )
        given = [*given, _time(first), _time(last), first[:4], last[:4]]
        return [self._connection.execute(sql, given).df()]


def _time(day: str) -> Any:
    return pd.Timestamp(midnight(day), unit="us")
