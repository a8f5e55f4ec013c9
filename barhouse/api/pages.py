"""A page of the shelf: the question that gives its rows, and its rows out of an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
import pyarrow as pa

from barhouse.api.choices import timeframe_of
from barhouse.api.queries import BarsQuery
from barhouse.lake.partitions import Partition
from barhouse.shelf import Kind
from barhouse.shelf.kinds import VALUES

_APART: Final = timedelta(days=3)
_MOMENT: Final = timedelta(microseconds=1)


def page_query(kind: Kind, period: date, instruments: Sequence[int]) -> BarsQuery:
    """Return which bars are laid out of a period.

    Args:
        kind: Which bars.
        period: Its first day.
        instruments: Their ids.
    """
    after = Partition(kind.grain, period).end
    last = after - timedelta(days=1)
    days, instants = (period, last), None
    if kind.timeframe == "1m":
        days = (period - _APART, last + _APART)
        first_at, end_at = (datetime.combine(day, time.min, UTC) for day in (period, after))
        instants = (first_at, end_at - _MOMENT)
    return BarsQuery(
        tuple(instruments), timeframe_of(kind.timeframe), kind.adjusted, VALUES, days, instants
    )


def pages_of(rows: pa.Table, kind: Kind, instruments: list[int]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of each instrument.

    Args:
        rows: In the order of the instruments, each by time.
        kind: Which bars.
        instruments: Their ids, in ascending order.
    """
    schema = kind.schema
    whole = rows.select(schema.names).cast(schema).combine_chunks()
    numbers = rows["instrument_id"].to_numpy()
    places = np.searchsorted(np.searchsorted(instruments, numbers), np.arange(len(instruments) + 1))
    batch = whole.to_batches()[0] if whole.num_rows else pa.RecordBatch.from_pylist([], schema)
    for start, stop in pairwise(places):
        yield batch.slice(start, stop - start)
