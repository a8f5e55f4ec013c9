"""Judges chunks: readable rows become landing columns, the others become rejects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.landing import SCHEMAS, symbol_problem
from extract.sources._files.chunks import Chunk, Reject, shown
from extract.sources._files.entry import PRICES, FileEntry
from extract.sources._files.numbers import Problems, read_counts, read_decimals
from extract.sources._files.times import NAT, TimeReader

#: The columns of raw_bars that differ from row to row; all others are the entry's.
VALUES: Final = (*PRICES, "volume", "vwap", "trade_count", "adjusted_close")
ROW_SCHEMA: Final = pa.schema(
    [
        SCHEMAS["raw_bars"].field(name)
        for name in (
            "provider_symbol",
            "bar_start_at",
            "session_date",
            "source_timestamp",
            *VALUES,
            "source_row",
        )
    ]
)


@dataclass
class _Found:
    """Problems of a chunk, at most one per row: the first column at fault speaks."""

    by_row: dict[int, tuple[str, str | None, str]]

    def add(self, column: str, problems: Problems, texts: pa.StringArray) -> None:
        for row, sentence in problems.items():
            self.by_row.setdefault(row, (column, texts[row].as_py(), sentence))


class RowReader:
    """Turns the chunks of one file into rows and rejects."""

    def __init__(self, entry: FileEntry, fetched_at: datetime) -> None:
        """Prepare what an entry says about every row."""
        self._entry = entry
        self._times = TimeReader(entry, fetched_at)

    def read(self, chunk: Chunk) -> tuple[pa.Table, Sequence[Reject]]:
        """Judge one chunk.

        Args:
            chunk: Texts as they stand in the file.

        Returns:
            A table of ``ROW_SCHEMA`` with the readable rows, and a reject for each other row.
        """
        if not len(chunk.lines):
            return ROW_SCHEMA.empty_table(), chunk.rejects
        found = _Found({})
        columns = self._identity(chunk, found)
        for name in VALUES:
            columns[name] = self._value(name, chunk, found)
        columns["source_row"] = pa.array(chunk.lines)
        table = pa.Table.from_arrays(
            [columns[field.name] for field in ROW_SCHEMA],
            schema=pa.schema([field.with_nullable(True) for field in ROW_SCHEMA]),
        )
        rejects = [*chunk.rejects, *self._rejects(chunk, found)]
        if found.by_row:
            good = np.ones(len(table), dtype=bool)
            good[list(found.by_row)] = False
            table = table.filter(pa.array(good))
        return table.cast(ROW_SCHEMA), rejects

    # Symbol, start, date and the time as written.
    def _identity(self, chunk: Chunk, found: _Found) -> dict[str, pa.Array]:
        count = len(chunk.lines)
        if self._entry.symbol == "column":
            symbols = chunk.columns["symbol"]
            found.add("symbol", _symbol_problems(symbols), symbols)
        else:
            symbols = pa.repeat(self._entry.symbol, count)
        texts = chunk.columns[self._entry.time_column]
        times = self._times.read(texts, iso=chunk.iso_times)
        found.add(self._entry.time_column, times.problems, texts)
        instants = times.starts.view("datetime64[us]")
        missing = times.starts == NAT
        dates = pa.nulls(count, pa.date32())
        if times.dates is not None:
            dates = pa.array(times.dates, type=pa.date32(), mask=np.isnat(times.dates))
        return {
            "provider_symbol": symbols,
            "bar_start_at": pa.array(instants, mask=missing, type=pa.timestamp("us", "UTC")),
            "session_date": dates,
            "source_timestamp": texts,
        }

    def _value(self, name: str, chunk: Chunk, found: _Found) -> pa.Array:
        if name not in chunk.columns:
            return pa.nulls(len(chunk.lines), ROW_SCHEMA.field(name).type)
        texts = chunk.columns[name]
        numbers, problems = read_counts(texts) if name == "trade_count" else read_decimals(texts)
        if name in PRICES and numbers.null_count > len(problems):
            for row in pc.indices_nonzero(pc.is_null(numbers)).to_pylist():
                problems.setdefault(row, f"The {name} price is missing.")
        found.add(name, problems, texts)
        return numbers

    def _rejects(self, chunk: Chunk, found: _Found) -> list[Reject]:
        return [
            Reject(
                line=int(chunk.lines[row]),
                reason=reason[0].upper() + reason[1:],
                record=chunk.record(row),
                column=self._entry.described(column),
                seen=seen,
            )
            for row, (column, seen, reason) in sorted(found.by_row.items())
        ]


# symbol_problem once per distinct symbol.
def _symbol_problems(symbols: pa.StringArray) -> Problems:
    encoded = pc.fill_null(symbols, "").dictionary_encode()
    wrong: Problems = {}
    for code, symbol in enumerate(encoded.dictionary.to_pylist()):
        problem = symbol_problem(symbol)
        if problem:
            wrong[code] = f"{problem}; seen {shown(symbol)}."
    if not wrong:
        return {}
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    return {int(row): wrong[int(codes[row])] for row in np.flatnonzero(np.isin(codes, list(wrong)))}
