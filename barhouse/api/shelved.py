"""Answers from the shelf: what lies there and still holds, by the versions of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa

from barhouse.api.queries import BarsQuery
from barhouse.api.reading import Reader
from barhouse.api.standing import Moment
from barhouse.api.statements import factors_statement
from barhouse.api.times import day_number_of, microseconds_of
from barhouse.shelf import KINDS, Kind, Page, Shelf, versions_statement
from barhouse.shelf.kinds import VALUES

_KINDS: Final[dict[str, dict[str, Kind]]] = {}
for _kind in KINDS:
    _KINDS.setdefault(_kind.timeframe, {})[_kind.adjusted] = _kind

#: Of so many rows the column of an instrument is kept.
_FEW: Final = 1 << 17

#: By instrument, the periods in which it has bars, and their versions.
_Versions = Mapping[int, list[tuple[date, str]]]


class Cut(NamedTuple):
    """Some bars of a page.

    Attributes:
        instrument_id: Whose.
        page: Where they lie.
        start: Place of the first.
        stop: Place after the last.
    """

    instrument_id: int
    page: Page
    start: int
    stop: int


@dataclass(frozen=True)
class Found:
    """The rows of a question, where they lie on the shelf.

    Attributes:
        query: Which bars.
        cuts: Of instruments in the order of the question, each by time; none is empty.
    """

    query: BarsQuery
    cuts: list[Cut]

    @property
    def count(self) -> int:
        """How many bars there are."""
        return sum(cut.stop - cut.start for cut in self.cuts)

    def times(self) -> list[np.ndarray]:
        """Return days (32 bits) or microseconds since 1970."""
        return [cut.page.times[cut.start : cut.stop] for cut in self.cuts]

    def columns(self) -> dict[str, list[np.ndarray]] | None:
        """Return the values; none where one is missing."""
        found: dict[str, list[np.ndarray]] = {}
        for name in self.query.columns:
            parts = found[name] = []
            for cut in self.cuts:
                values = cut.page.values[name]
                if values is None:
                    return None
                parts.append(values[cut.start : cut.stop])
        return found

    def table(self) -> pa.Table:
        """Return them as the database gives them."""
        schema = _KINDS[self.query.timeframe.name]["raw"].schema
        batches = [cut.page.bars.slice(cut.start, cut.stop - cut.start) for cut in self.cuts]
        bars = pa.Table.from_batches(batches, schema)
        if self.query.columns != VALUES:
            bars = bars.select([*schema.names[: -len(VALUES)], *self.query.columns])
        if len(self.query.instruments) == 1 and len(bars) <= _FEW:
            return bars.add_column(0, "instrument_id", _same(*self.query.instruments, len(bars)))
        ids = np.array([cut.instrument_id for cut in self.cuts], np.int64)
        numbers = np.repeat(ids, [batch.num_rows for batch in batches])
        return bars.add_column(0, "instrument_id", pa.array(numbers))


@dataclass(frozen=True)
class Partly:
    """A question of which some rows do not lie on the shelf as they are now.

    Attributes:
        found: Those that do.
        kind: Of its pages.
        lacking: Of each page that is to be read: its place among the cuts that were found,
            instrument, period.
        versions: Of all pages, those included.
        versions_at: Finds the same at another moment.
    """

    found: Found
    kind: Kind
    lacking: list[tuple[int, int, date]]
    versions: _Versions
    versions_at: Callable[[Moment], _Versions]


def found_on(shelf: Shelf, query: BarsQuery, moment: Moment) -> Found | Partly | None:
    """Return the rows of a question; none where no page of it lies on the shelf.

    Args:
        shelf: Of this machine.
        query: Which bars.
        moment: The database.
    """
    kind = _kind_of(query, moment) if shelf.is_there() else None
    if kind is None:
        return None
    first, last = _edges(query)
    key = ("shelf", kind.name, query.instruments, kind.period_of(first), kind.period_of(last))

    def versions_at(then: Moment) -> _Versions:
        said: _Versions = then.known(key, lambda: _versions(query, kind, then, first, last))
        return said

    versions = versions_at(moment)
    days, times = _bounds(query)
    cuts: list[Cut] = []
    lacking = []
    for number in query.instruments:
        for period, version in versions.get(number, ()):
            page = shelf.page(kind.name, period, number, version)
            if page is None:
                lacking.append((len(cuts), number, period))
                continue
            start, stop = _cut(page, days, times)
            if stop > start:
                cuts.append(Cut(number, page, start, stop))
    found = Found(query, cuts)
    if not lacking:
        return found
    return Partly(found, kind, lacking, versions, versions_at) if cuts else None


def _kind_of(query: BarsQuery, moment: Moment) -> Kind | None:
    if query.as_of is not None or query.is_exact or not set(query.columns) <= set(VALUES):
        return None
    name = query.timeframe.name
    kinds = _KINDS.get(name, {})
    if query.adjusted not in kinds and kinds and _is_as_traded(query, moment):
        return kinds["raw"]
    return kinds.get(query.adjusted)


def _is_as_traded(query: BarsQuery, moment: Moment) -> bool:
    # Whether one factor covers all that is asked for of each instrument, and is 1.
    rows = moment.table(*factors_statement(query)).to_pylist()
    first, last = query.days[0], min(query.days[1], date(9999, 12, 30))
    names = ("split_ratio", "dividend_factor")[: 1 if query.adjusted == "split" else 2]
    plain = [
        row["instrument_id"]
        for row in rows
        if row["valid_from_date"] <= first
        and row["valid_to_date"] > last
        and all(Decimal(row[name]) == 1 for name in names)
    ]
    return sorted(plain) == sorted(query.instruments)


def _same(number: int, count: int) -> pa.Array:
    # A column with one value, from one that is kept.
    return _kept(number, max(count - 1, 1).bit_length()).slice(0, count)


@lru_cache(maxsize=16)
def _kept(number: int, bits: int) -> pa.Array:
    return pa.array(np.full(1 << bits, number, np.int64))


def versions_of(
    reader: Reader, kind: Kind, instruments: Sequence[int] | None, first: date, last: date
) -> Iterator[tuple[int, date, str]]:
    """Yield instruments, their periods and versions, as the database says now.

    Args:
        reader: The database.
        kind: Which bars.
        instruments: Their ids; none for all.
        first: A day of the first period.
        last: A day of the last one.
    """
    rows = reader.table(*versions_statement(kind, instruments, first, last))
    columns = ("instrument_id", "period_start_date", "version")
    yield from zip(*(rows[name].to_pylist() for name in columns), strict=True)


def _versions(query: BarsQuery, kind: Kind, moment: Moment, first: date, last: date) -> _Versions:
    said: dict[int, list[tuple[date, str]]] = {}
    for number, period, version in versions_of(moment.reader, kind, query.instruments, first, last):
        said.setdefault(number, []).append((period, version))
    return said


def _edges(query: BarsQuery) -> tuple[date, date]:
    if query.instants is None:
        return query.days
    return query.instants[0].date(), query.instants[1].date()


def _bounds(query: BarsQuery) -> tuple[list[int], list[int] | None]:
    days = [day_number_of(day) for day in query.days]
    if query.instants is None:
        return days, None
    return days, [microseconds_of(instant) for instant in query.instants]


def _cut(page: Page, days: list[int], times: list[int] | None) -> tuple[int, int]:
    # Which rows of a page are asked for: it is in order, by time and so by day.
    if times is None:
        return _between(page.times, *days)
    start, stop = _between(page.times, *times)
    first, last = _between(page.days, *days)
    return max(start, first), min(stop, last)


def _between(values: np.ndarray, first: int, last: int) -> tuple[int, int]:
    if not len(values) or (values[0] >= first and values[-1] <= last):
        return 0, len(values)
    return int(values.searchsorted(first)), int(values.searchsorted(last, side="right"))
