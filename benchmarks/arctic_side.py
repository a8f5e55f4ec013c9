"""ArcticDB on LMDB: a library of minutes and one of days, each symbol a symbol of its own."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import arcticdb
import pandas as pd
from arcticdb import QueryBuilder, ReadRequest

from benchmarks.generator import DAY, Bars
from benchmarks.questions import Asked, midnight

COLUMNS = ["open", "high", "low", "close", "volume"]
OF_A_DAY = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}


class ArcticDB:
    """Holds the bars in an LMDB folder."""

    def __init__(self, folder: Path, asked: Asked) -> None:
        self._folder, self._asked = folder, asked
        store = arcticdb.Arctic(f"lmdb://{folder}?map_size=16GB")
        self._libraries = {
            name: store.get_library(name, create_if_missing=True) for name in ("minutes", "days")
        }

    def write(self, table: str, symbols: dict[str, Bars]) -> tuple[float, int]:
        """Write or append bars; returns seconds, from data frames, and bytes.

        Args:
            table: ``minutes`` or ``days``.
            symbols: Bars by symbol.
        """
        library, taken, before = self._libraries[table], 0.0, self._size()
        standing = set(library.list_symbols())
        for symbol, bars in symbols.items():
            index = pd.DatetimeIndex(bars.time.astype("datetime64[us]"), name="time")
            frame = pd.DataFrame(bars.values(), index=index.as_unit("ns"))
            began = time.perf_counter()
            (library.append if symbol in standing else library.write)(symbol, frame)
            taken += time.perf_counter() - began
        return taken, self._size() - before

    def answer(self, name: str) -> list[Any]:
        """Answer a question, as pandas data frames, one for each symbol.

        Args:
            name: Of :data:`benchmarks.questions.QUESTIONS`.
        """
        asked, days = self._asked, self._libraries["days"]
        if name == "days_one":
            span = _span(*asked.year)
            return [days.read(asked.one_day_symbol, date_range=span, columns=COLUMNS).data]
        if name == "days_many":
            return self._batch("days", asked.many, _span(*asked.year))
        if name == "cross_section":
            return self._batch(
                "days", asked.market.day_symbols, _span(asked.one_day, asked.one_day)
            )
        span = _span(*asked.minute_days)
        if name == "days_of_minutes":
            return self._batch(
                "minutes",
                asked.market.minute_symbols,
                span,
                lambda: QueryBuilder().resample("1D").agg(OF_A_DAY),
            )
        minutes = self._libraries["minutes"]
        return [minutes.read(asked.one_minute_symbol, date_range=span, columns=COLUMNS).data]

    def _batch(self, table: str, symbols: list[str], span: Any, query: Any = None) -> list[Any]:
        wanted = [
            ReadRequest(symbol, date_range=span, query_builder=query())
            if query
            else ReadRequest(symbol, date_range=span, columns=COLUMNS)
            for symbol in symbols
        ]
        return [item.data for item in self._libraries[table].read_batch(wanted)]

    def _size(self) -> int:
        return sum(
            path.stat().st_blocks * 512 for path in self._folder.rglob("*") if path.is_file()
        )


def _span(first: str, last: str) -> tuple[Any, Any]:
    end = midnight(last) + DAY - 1
    return pd.Timestamp(midnight(first), unit="us"), pd.Timestamp(end, unit="us")
