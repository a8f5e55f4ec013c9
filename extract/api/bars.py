"""From what a provider wrote to rows of ``raw_bars``: checked, exact, and each bar once.

A bar that cannot be right as a record (a missing or unreadable value, a start outside the window or
in the future, a second, different bar with the same start) becomes a row of ``raw_rejects`` that
names the field and shows the value; the rest lands. Whether a readable bar makes sense is for dbt
to judge.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract.api.feed import BarColumns, Fault, FaultError, Window, dates_of
from extract.api.finality import first_open_day
from extract.api.values import Problems, counts, dates, decimals, instants, shown
from extract.exchanges import Exchange
from extract.landing import INSTANT, PRICE, SCHEMAS, TIMEFRAMES

_PRICES: Final = ("open", "high", "low", "close")
_OPTIONAL: Final = ("vwap", "adjusted_close")


@dataclass(frozen=True)
class Reject:
    """One record that does not land.

    Attributes:
        column: The field, or ``None`` for the record as a whole.
        seen: Its value, as shown to people.
        reason: What is wrong, as a sentence.
        record: The record as JSON.
    """

    column: str | None
    seen: str | None
    reason: str
    record: str


@dataclass(frozen=True)
class Frame:
    """What is the same for all bars of a window.

    Attributes:
        window: What was asked for.
        exchange: Its calendar's zone says which date a daily bar belongs to.
        constants: Landed columns with one value for all rows, e.g. ``{"feed": "sip"}``.
        fetched_at: When it was asked, aware UTC.
        settles_after: How long after its end a bar may still change.
    """

    window: Window
    exchange: Exchange
    constants: Mapping[str, Any]
    fetched_at: datetime
    settles_after: timedelta


@dataclass(frozen=True)
class Bars:
    """Checked bars of one window; they wait for the database without what is the same for all.

    Attributes:
        columns: The landed columns that vary from bar to bar.
        frame: What is the same for all.
    """

    columns: pa.Table
    frame: Frame

    @property
    def count(self) -> int:
        """How many bars they are."""
        return int(self.columns.num_rows)

    def table(self) -> pa.Table:
        """Return them as rows of ``raw_bars``."""
        return _complete(self.columns, self.frame)


def landed_bars(pages: Iterable[BarColumns], frame: Frame) -> tuple[Bars, list[Reject]]:
    """Make the bars of one window.

    Args:
        pages: All pages of the answer.
        frame: What is the same for all.

    Returns:
        The bars in the order of their start, one per start, and the rejects.

    Raises:
        FaultError: The columns of a page differ in length.
    """
    tables, rejects = [], []
    for page in pages:
        table, page_rejects = _page(page, frame)
        tables.append(table)
        rejects += page_rejects
    rows = pa.concat_tables(tables) if tables else _no_rows()
    if frame.window.timeframe != "1d":
        start = pa.scalar(frame.window.start_at, INSTANT)
        rows = rows.filter(pc.greater_equal(rows["bar_start_at"], start))
    rows, repeats = _each_once(rows)
    return Bars(rows, frame), rejects + repeats


_VARYING: Final = (
    "bar_start_at",
    "session_date",
    "source_timestamp",
    *_PRICES,
    "volume",
    *_OPTIONAL,
    "trade_count",
    "price_basis",
)


def _no_rows() -> pa.Table:
    schema = SCHEMAS["raw_bars"]
    return pa.schema([schema.field(name) for name in _VARYING]).empty_table()


def _page(page: BarColumns, frame: Frame) -> tuple[pa.Table, list[Reject]]:
    size = len(page.times)
    raw = {name: getattr(page, name) for name in (*_PRICES, "volume", *_OPTIONAL, "trade_count")}
    if any(values is not None and len(values) != size for values in raw.values()):
        raise FaultError(Fault("failed", "its columns differ in length"))
    columns: dict[str, pa.Array] = {}
    bad: dict[int, tuple[str, str]] = {}

    def note(column: str, problems: Problems) -> None:
        for place, problem in problems.items():
            bad.setdefault(place, (column, f"{column} {problem}"))

    columns["bar_start_at"], columns["session_date"] = _times(page, frame, note)
    for name in (*_PRICES, "volume", *_OPTIONAL):
        if raw[name] is None:
            columns[name] = pa.nulls(size, PRICE)
            continue
        columns[name], problems = decimals(
            raw[name], page.number_form, may_be_null=name in _OPTIONAL
        )
        note(name, problems)
    if page.trade_count is None:
        columns["trade_count"] = pa.nulls(size, pa.int64())
    else:
        columns["trade_count"], problems = counts(page.trade_count)
        note("trade_count", problems)
    columns["source_timestamp"] = _texts(page)
    basis = page.price_basis or frame.constants["price_basis"]
    columns["price_basis"] = pa.repeat(pa.scalar(basis), size)
    schema = _no_rows().schema
    table = pa.Table.from_arrays([columns[name] for name in _VARYING], schema=schema)
    if not bad:
        return table, []
    keep = [place not in bad for place in range(size)]
    rejects = [
        _reject(page, raw, place, column, reason) for place, (column, reason) in sorted(bad.items())
    ]
    return table.filter(pa.array(keep)), rejects


def _times(page: BarColumns, frame: Frame, note: Any) -> tuple[pa.Array, pa.Array]:
    window, daily = frame.window, frame.window.timeframe == "1d"
    if page.time_form == "date":
        days, problems = dates(page.times)
        starts = pa.array(
            [None if day is None else frame.exchange.day_start(day) for day in days.to_pylist()],
            INSTANT,
        )
    else:
        starts, problems = instants(page.times, page.time_form)
        days = _session_dates(starts, frame.exchange) if daily else pa.nulls(len(starts), "date32")
    note("bar_start_at", problems)
    future = pc.greater(starts, pa.scalar(frame.fetched_at, INSTANT))
    note("bar_start_at", _where(future, page, "lies in the future"))
    if daily:
        first, last = dates_of(window)
        outside = pc.or_(pc.less(days, pa.scalar(first)), pc.greater(days, pa.scalar(last)))
        asked = f"{first} to {last}"
    else:
        # A bar that the window's start cuts belongs to the window before; some providers add it.
        first_at = window.start_at - TIMEFRAMES[str(window.timeframe)]
        outside = pc.or_(
            pc.less_equal(starts, pa.scalar(first_at, INSTANT)),
            pc.greater_equal(starts, pa.scalar(window.end_at, INSTANT)),
        )
        asked = f"{window.start_at:%Y-%m-%dT%H:%MZ} to {window.end_at:%Y-%m-%dT%H:%MZ}"
    note("bar_start_at", _where(outside, page, f"lies outside what was asked for, {asked}"))
    return starts, days


def _where(mask: pa.Array, page: BarColumns, problem: str) -> Problems:
    if not pc.any(mask, min_count=0).as_py():
        return {}
    places = [place for place, is_so in enumerate(mask.to_pylist()) if is_so]
    return {place: f"is {shown(page.times[place])}; it {problem}" for place in places}


def _session_dates(starts: pa.Array, exchange: Exchange) -> pa.Array:
    shifted = pc.add(starts, pa.scalar(timedelta(hours=exchange.session_offset_hours)))
    zoned = shifted.cast(pa.timestamp("us", tz=exchange.timezone))
    return pc.local_timestamp(zoned).cast(pa.date32(), safe=False)


def _texts(page: BarColumns) -> pa.Array:
    try:
        given = pa.array(page.times)
        if pa.types.is_integer(given.type) or pa.types.is_date(given.type):
            return given.cast(pa.string())
        if pa.types.is_string(given.type):
            return given
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        pass
    return pa.array(
        [t.isoformat() if isinstance(t, datetime) else str(t) for t in page.times], pa.string()
    )


def _each_once(rows: pa.Table) -> tuple[pa.Table, list[Reject]]:
    starts = rows["bar_start_at"]
    if rows.num_rows < 2 or _is_increasing(starts):
        return rows, []
    order = pc.sort_indices(rows, sort_keys=[("bar_start_at", "ascending")])
    rows = rows.take(order)
    if _is_increasing(rows["bar_start_at"]):
        return rows, []
    # The same bar on two pages is one bar; of two that differ the later page's stands.
    kept: dict[Any, int] = {}
    rejects = []
    records = rows.select(_VARYING).to_pylist()
    for place, record in enumerate(records):
        earlier = kept.get(record["bar_start_at"])
        if earlier is not None and _values(records[earlier]) != _values(record):
            text = json.dumps(records[earlier], default=str)
            reason = "another bar with the same start came later in the answer; that one landed"
            rejects.append(Reject("bar_start_at", str(record["bar_start_at"]), reason, text))
        kept[record["bar_start_at"]] = place
    return rows.take(pa.array(sorted(kept.values()))), rejects


def _values(record: Mapping[str, Any]) -> list[Any]:
    return [value for name, value in record.items() if name != "source_timestamp"]


def _is_increasing(starts: pa.ChunkedArray) -> bool:
    numbers = starts.cast(pa.int64()).to_numpy()
    return bool((np.diff(numbers) > 0).all())


def _complete(rows: pa.Table, frame: Frame) -> pa.Table:
    size, schema = rows.num_rows, SCHEMAS["raw_bars"]
    columns = {name: rows[name] for name in _VARYING}
    columns["is_final"] = _finality(rows, frame)
    columns["fetched_at"] = pa.repeat(pa.scalar(frame.fetched_at.astimezone(UTC), INSTANT), size)
    columns["source_row"] = pa.array(np.arange(1, size + 1))
    for name, value in frame.constants.items():
        if name not in columns:
            columns[name] = pa.repeat(pa.scalar(value, schema.field(name).type), size)
    return pa.table({name: columns[name] for name in schema.names})


def _finality(rows: pa.Table, frame: Frame) -> pa.Array:
    window = frame.window
    latest = frame.fetched_at - frame.settles_after
    if window.timeframe == "1d":
        first_open = first_open_day(frame.exchange, window.listing.asset_class, latest)
        return pc.less(rows["session_date"], pa.scalar(first_open))
    length = TIMEFRAMES[str(window.timeframe)]
    return pc.less_equal(rows["bar_start_at"], pa.scalar(latest - length, INSTANT))


def _reject(
    page: BarColumns, raw: Mapping[str, Any], place: int, column: str, reason: str
) -> Reject:
    record = {"time": page.times[place]}
    record |= {name: values[place] for name, values in raw.items() if values is not None}
    seen = page.times[place] if column == "bar_start_at" else record.get(column)
    return Reject(column, shown(seen), reason, json.dumps(record, default=str))
