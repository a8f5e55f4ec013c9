"""Answers from the shelf: what lies there and still holds, by the versions of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from barhouse.api.queries import BarsQuery
from barhouse.api.standing import Moment
from barhouse.api.statements import factors_statement
from barhouse.shelf import KINDS, Kind, Page, Shelf, versions_statement
from barhouse.shelf.blocks import DAY_KEYS, MINUTE_KEYS
from barhouse.shelf.kinds import VALUES

_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

#: By instrument, the periods in which it has bars, and their versions.
_Versions = Mapping[int, list[tuple[date, str]]]


def served(query: BarsQuery, moment: Moment, shelf: Shelf) -> pa.Table | None:
    """Return the rows of a question; none where not all lie on the shelf as they are now.

    Args:
        query: Which bars.
        moment: The database.
        shelf: Of this machine.
    """
    kind = _kind_of(query, moment)
    if kind is None:
        return None
    first, last = _edges(query)
    key = ("shelf", kind.name, query.instruments, kind.period_of(first), kind.period_of(last))
    versions: _Versions = moment.known(key, lambda: _versions(query, kind, moment, first, last))
    ids: list[int] = []
    found: list[pa.RecordBatch] = []
    for number in query.instruments:
        for period, version in versions.get(number, ()):
            block = shelf.block(kind.name, period)
            if block is None or block.versions.get(number) != version:
                return None
            page = block.page(number)
            if page is None:
                return None
            start, stop = _cut(page, query)
            if stop > start:
                ids.append(number)
                whole = stop - start == page.bars.num_rows
                found.append(page.bars if whole else page.bars.slice(start, stop - start))
    return _table(query, ids, found)


def bars_schema(kind: Kind) -> pa.Schema:
    """Return the columns of what is laid out.

    Args:
        kind: Which bars.
    """
    keys = MINUTE_KEYS if kind.timeframe == "1m" else DAY_KEYS
    return pa.schema([*keys, *(pa.field(name, pa.float64()) for name in VALUES)])


def _kind_of(query: BarsQuery, moment: Moment) -> Kind | None:
    if query.as_of is not None or query.is_exact or not set(query.columns) <= set(VALUES):
        return None
    name = query.timeframe.name
    kinds = {kind.adjusted: kind for kind in KINDS if kind.timeframe == name}
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


def _versions(query: BarsQuery, kind: Kind, moment: Moment, first: date, last: date) -> _Versions:
    rows = moment.reader.table(*versions_statement(kind, query.instruments, first, last))
    said: dict[int, list[tuple[date, str]]] = {}
    columns = ("instrument_id", "period_start_date", "version")
    for number, period, version in zip(*(rows[name].to_pylist() for name in columns), strict=True):
        said.setdefault(number, []).append((period, version))
    return said


def _edges(query: BarsQuery) -> tuple[date, date]:
    if query.instants is None:
        return query.days
    return query.instants[0].date(), query.instants[1].date()


def _cut(page: Page, query: BarsQuery) -> tuple[int, int]:
    # Which rows of a page are asked for: it is in order, by time and so by day.
    days = [day.toordinal() - _EPOCH_DAY for day in query.days]
    if query.instants is None:
        return _between(page.times, *days)
    times = [(instant - _EPOCH) // _MICROSECOND for instant in query.instants]
    start, stop = _between(page.times, *times)
    first, last = _between(page.days, *days)
    return max(start, first), min(stop, last)


def _between(values: np.ndarray, first: int, last: int) -> tuple[int, int]:
    if not len(values) or (values[0] >= first and values[-1] <= last):
        return 0, len(values)
    return int(values.searchsorted(first)), int(values.searchsorted(last, side="right"))


def _table(query: BarsQuery, ids: list[int], found: list[pa.RecordBatch]) -> pa.Table:
    kind = next(kind for kind in KINDS if kind.timeframe == query.timeframe.name)
    schema = bars_schema(kind)
    keys = schema.names[: -len(VALUES)]
    bars = pa.Table.from_batches(found, schema).select([*keys, *query.columns])
    numbers = np.repeat(np.array(ids, np.int64), [batch.num_rows for batch in found])
    return bars.add_column(0, "instrument_id", pa.array(numbers))


def pages_of(rows: pa.Table, kind: Kind, instruments: list[int]) -> Iterator[pa.RecordBatch]:
    """Cut the rows of an answer into the pages of its instruments.

    Args:
        rows: With ``instrument_id``, in the order of the instruments, each by time.
        kind: Which bars.
        instruments: All that were asked for.
    """
    schema = bars_schema(kind)
    whole = rows.select(schema.names).cast(schema).combine_chunks()
    numbers = rows["instrument_id"].to_numpy()
    places = np.searchsorted(np.searchsorted(instruments, numbers), np.arange(len(instruments) + 1))
    batch = whole.to_batches()[0] if whole.num_rows else pa.RecordBatch.from_pylist([], schema)
    for start, stop in pairwise(places):
        yield batch.slice(start, stop - start)
