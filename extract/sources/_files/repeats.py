"""Bars a file reports more than once: identical repeats are dropped, contradictions refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extract.sources._files.chunks import Int64s
from extract.sources._files.rows import VALUES

_LISTED = 5


@dataclass(frozen=True)
class Conflict:
    """One row of a bar that the file reports with different values.

    Attributes:
        line: Its line.
        source_timestamp: The time as it stands in the file.
        reason: One sentence that names the lines.
    """

    line: int
    source_timestamp: str
    reason: str


@dataclass(frozen=True)
class Repeats:
    """What must not land.

    Attributes:
        dropped: Per row of the file, in order, whether it is left out; ``None`` for none.
        identical: How many rows repeat an earlier one exactly.
        conflicts: The rows that contradict each other.
    """

    dropped: npt.NDArray[np.bool_] | None = None
    identical: int = 0
    conflicts: list[Conflict] = field(default_factory=list)


class BarKeys:
    """Symbol and start of every row of a file, as compact arrays."""

    def __init__(self) -> None:
        """Start empty."""
        self._codes: dict[str, int] = {}
        self._symbols: list[Int64s] = []
        self._starts: list[Int64s] = []

    def add(self, rows: pa.Table) -> None:
        """Note the keys of the next rows.

        Args:
            rows: A table of ``ROW_SCHEMA``.
        """
        encoded = rows.column("provider_symbol").combine_chunks().dictionary_encode()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        codes = [
            self._codes.setdefault(symbol, len(self._codes))
            for symbol in encoded.dictionary.to_pylist()
        ]
        places = encoded.indices.to_numpy(zero_copy_only=False)
        self._symbols.append(np.array(codes, dtype=np.int32)[places])
        starts = rows.column("bar_start_at").combine_chunks().cast(pa.int64())
        self._starts.append(starts.to_numpy(zero_copy_only=False).copy())

    def repeats(self, tables: Iterable[pa.Table]) -> Repeats:
        """Find the bars that stand in the file more than once.

        Args:
            tables: The rows whose keys were added, in the same order; read only if needed.
        """
        if not self._starts:
            return Repeats()
        starts, symbols = np.concatenate(self._starts), np.concatenate(self._symbols)
        if len(self._codes) == 1 and bool(np.all(starts[1:] > starts[:-1])):
            return Repeats()
        order = np.lexsort((starts, symbols))
        same = (np.diff(starts[order]) == 0) & (np.diff(symbols[order]) == 0)
        if not same.any():
            return Repeats()
        member = np.append(same, False) | np.insert(same, 0, False)
        places = order[member]
        groups = np.cumsum(~np.insert(same, 0, False)[member]) - 1
        rows = _rows_at(tables, np.sort(places)).take(
            pa.array(np.searchsorted(np.sort(places), places))
        )
        return _judge(rows, places, groups, len(starts))


# The rows at sorted places of a sequence of tables.
def _rows_at(tables: Iterable[pa.Table], places: Int64s) -> pa.Table:
    found, offset = [], 0
    for table in tables:
        low, high = np.searchsorted(places, (offset, offset + len(table)))
        if high > low:
            found.append(table.take(pa.array(places[low:high] - offset)))
        offset += len(table)
    return pa.concat_tables(found).combine_chunks()


def _judge(rows: pa.Table, places: Int64s, groups: Int64s, count: int) -> Repeats:
    first = np.insert(np.diff(groups) != 0, 0, True)
    differs = _differs_from_previous(rows) & ~first
    contradictory = np.zeros(int(groups[-1]) + 1, dtype=bool)
    contradictory[groups[differs]] = True
    refused = contradictory[groups]
    repeated = ~refused & ~first
    dropped = np.zeros(count, dtype=bool)
    dropped[places[refused | repeated]] = True
    return Repeats(dropped, int(repeated.sum()), _conflicts(rows, groups, refused))


def _differs_from_previous(rows: pa.Table) -> npt.NDArray[np.bool_]:
    differs = np.zeros(len(rows), dtype=bool)
    for name in VALUES:
        column = rows.column(name).combine_chunks()
        here, before = column.slice(1), column.slice(0, len(column) - 1)
        both = pc.and_(pc.is_null(here), pc.is_null(before))
        equal = pc.or_(pc.fill_null(pc.equal(here, before), fill_value=False), both)
        differs[1:] |= ~equal.to_numpy(zero_copy_only=False)
    return differs


def _conflicts(rows: pa.Table, groups: Int64s, refused: npt.NDArray[np.bool_]) -> list[Conflict]:
    wanted = np.flatnonzero(refused)
    kept = rows.select(["provider_symbol", "bar_start_at", "source_timestamp", "source_row"])
    records = kept.take(pa.array(wanted)).to_pylist()
    by_group: dict[int, list[int]] = {}
    for group, record in zip(groups[wanted], records, strict=True):
        by_group.setdefault(int(group), []).append(record["source_row"])
    return [
        Conflict(
            line=record["source_row"],
            source_timestamp=record["source_timestamp"],
            reason=(
                f"Lines {_listed(by_group[int(group)])} report the bar of"
                f" {record['provider_symbol']} at {record['bar_start_at']:%Y-%m-%d %H:%M:%S} UTC"
                " with different values; keep one."
            ),
        )
        for group, record in zip(groups[wanted], records, strict=True)
    ]


def _listed(lines: list[int]) -> str:
    ordered = sorted(lines)
    if len(ordered) > _LISTED:
        return f"{', '.join(map(str, ordered[:_LISTED]))} and {len(ordered) - _LISTED} more"
    return f"{', '.join(map(str, ordered[:-1]))} and {ordered[-1]}"
