"""From rows of the lake to those that the marts would give: names, filters, factors, doubles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from barhouse.api.choices import PRICES
from barhouse.api.queries import BarsQuery
from barhouse.api.quotients import Factors, Number, adjusted, floating
from barhouse.lake.datasets import Dataset

_DECIMALS = (*PRICES, "vwap", "volume")


@dataclass(frozen=True)
class Told:
    """What the database says beside its rows.

    Attributes:
        names: ``instrument_id``, ``symbol`` and the days on which it had it.
        factors: What adjusts; none for raw bars.
        built: Instruments and days that have minutes; none where that does not matter.
    """

    names: pa.Table
    factors: pa.Table | None
    built: pa.Table | None

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols that the instruments ever had."""
        return tuple(sorted(set(self.names["symbol"].to_pylist())))


def columns_of(query: BarsQuery, dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that are read from the lake.

    Args:
        query: Which bars.
        dataset: Where they lie.
    """
    keys = ["symbol", "instrument_id", "bar_start_at", "session_date"]
    if "timeframe" in dataset.order:
        keys.append("timeframe")
    return (*keys, *query.columns)


def filter_of(query: BarsQuery, dataset: Dataset) -> pc.Expression:
    """Return which rows of the lake are of a question.

    Args:
        query: Which intraday bars.
        dataset: Where they lie.
    """
    days, instants = list(query.days), query.instants
    if query.as_of is not None:
        days[1] = min(days[1], query.as_of.day)
    assert instants is not None  # noqa: S101 - for mypy
    moments = [pa.scalar(instant, pa.timestamp("us", tz="UTC")) for instant in instants]
    wanted = pc.field("instrument_id").isin(list(query.instruments))
    wanted &= (pc.field("session_date") >= days[0]) & (pc.field("session_date") <= days[1])
    wanted &= (pc.field("bar_start_at") >= moments[0]) & (pc.field("bar_start_at") <= moments[1])
    if "timeframe" in dataset.order:
        wanted &= pc.field("timeframe") == query.timeframe.name
    return wanted


def answer_of(query: BarsQuery, rows: pa.Table, stored: pa.Table, told: Told) -> pa.Table:
    """Return the rows of the database and those of the lake as one answer.

    Args:
        query: Which bars.
        rows: Of the database.
        stored: Of the lake, with the columns of :func:`columns_of`.
        told: What the database says beside.
    """
    named = _named(stored, told)
    parts = [_shaped(query, part, factors, rows.schema) for part, factors in _split(named, told)]
    parts = [part for part in parts if part.num_rows]
    if not parts:
        return rows
    joined = pa.concat_tables([rows, *parts])
    places = pc.index_in(joined["instrument_id"], pa.array(query.instruments, pa.int64()))
    order = pc.sort_indices(
        pa.table({"place": places, "time": joined["time"]}),
        [("place", "ascending"), ("time", "ascending")],
    )
    return joined.take(order)


def _named(stored: pa.Table, told: Told) -> pa.Table:
    # As the marts name them (macro has_symbol): under a symbol that the instrument had that day.
    kept = None
    for name in told.names.to_pylist():
        one = (
            (pc.field("instrument_id") == name["instrument_id"])
            & (pc.field("symbol") == name["symbol"])
            & (pc.field("session_date") >= name["valid_from_date"])
            & (pc.field("session_date") < name["valid_to_date"])
        )
        kept = one if kept is None else kept | one
    named = stored.slice(0, 0) if kept is None else stored.filter(kept)
    if told.built is None or not told.built.num_rows:
        return named
    keys = ["instrument_id", "session_date"]
    # No join of Arrow keeps the order, nor need it: the answer is sorted.
    return named.join(told.built.combine_chunks(), keys, join_type="left anti")


def _split(stored: pa.Table, told: Told) -> Iterator[tuple[pa.Table, Factors | None]]:
    if told.factors is None:
        yield stored, None
        return
    for row in told.factors.to_pylist():
        part = stored.filter(
            (pc.field("instrument_id") == row["instrument_id"])
            & (pc.field("session_date") >= row["valid_from_date"])
            & (pc.field("session_date") < row["valid_to_date"])
        )
        numbers = (Number.of(row["split_ratio"]), Number.of(row["dividend_factor"]))
        yield part, Factors(*numbers)


def _shaped(
    query: BarsQuery, stored: pa.Table, factors: Factors | None, schema: pa.Schema
) -> pa.Table:
    if factors is not None and query.adjusted == "split":
        factors = Factors(factors.split_ratio)
    columns = []
    for field in schema:
        column = stored["bar_start_at" if field.name == "time" else field.name]
        if field.name in _DECIMALS and factors is not None:
            column = adjusted(column, factors, is_volume=field.name == "volume")
        elif field.name in _DECIMALS and not query.is_exact:
            column = floating(column)
        columns.append(column.cast(field.type))
    return pa.table(columns, schema=schema)
