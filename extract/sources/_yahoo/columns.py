"""From yfinance's frame, and the chart it was made of, to columns and actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, DivisionByZero, InvalidOperation
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from extract.api.feed import Actions, BarColumns, Dividend, Split, Window
from extract.landing import TIMEFRAMES

_PRICES: Final = ("Open", "High", "Low", "Close")
#: Sessions begin on a multiple of this, and so do bars that are longer.
_LONGEST_GRID: Final = timedelta(minutes=15)


def bar_columns(frame: pd.DataFrame, chart: Mapping[str, Any], window: Window) -> BarColumns:
    """Return the bars of one answer.

    Left out are rows without a price (an ex-date without a session, a minute without a trade), rows
    outside the window (Yahoo repeats the day before when there is nothing inside) and the live
    quote that Yahoo appends as if it were a bar.

    Args:
        frame: From ``Ticker.history``.
        chart: The chart it was made of: the frame has no missing volumes, the chart does.
        window: What was asked for.
    """
    daily = window.timeframe == "1d"
    index: Any = frame.index
    times: npt.NDArray[Any] = index.date if daily else index.as_unit("s").asi8
    prices = {name: frame[name].to_numpy("float64") for name in _PRICES}
    volumes = frame["Volume"].to_numpy()
    is_bar = ~np.isnan(np.array(list(prices.values()))).all(axis=0) | (volumes != 0)
    is_bar &= _is_inside(times, window)
    if not daily and len(times) and times[-1] % _grid_seconds(window):
        is_bar[-1] = False
    kept = times[is_bar].tolist()
    adjusted = daily and "adjclose" in chart["indicators"]
    return BarColumns(
        times=kept,
        time_form="date" if daily else "epoch_seconds",
        open=price_texts(prices["Open"][is_bar]),
        high=price_texts(prices["High"][is_bar]),
        low=price_texts(prices["Low"][is_bar]),
        close=price_texts(prices["Close"][is_bar]),
        volume=_volumes(kept, volumes[is_bar].tolist(), chart, window),
        adjusted_close=(
            price_texts(frame["Adj Close"].to_numpy("float64")[is_bar]) if adjusted else None
        ),
        number_form="text",
    )


def price_texts(values: npt.NDArray[np.float64]) -> list[str | None]:
    """Return prices as the text that Yahoo once had.

    Yahoo keeps most prices as 32-bit floats and writes them out with 64 bits: 189.95 arrives as
    189.9499969482422. A value that is exactly such a float is written as the shortest decimal that
    names it, which loses nothing; any other value as the shortest that names its 64 bits.

    Args:
        values: Prices; NaN where there is none.
    """
    with np.errstate(over="ignore"):
        singles = values.astype(np.float32)
    is_single = singles.astype(np.float64) == values
    return [
        None
        if np.isnan(value)
        else np.format_float_positional(single if short else value, unique=True, trim="-")
        for value, single, short in zip(values, singles, is_single, strict=True)
    ]


def actions_of(chart: Mapping[str, Any], first: date, last: date) -> Actions:
    """Return splits and dividends of a chart.

    They are read from the chart itself: yfinance's frame drops events before its first bar, moves
    those between two sessions to the earlier one, and has none at all without a bar. Capital gains
    that a fund distributes are left out: Yahoo counts some of them among its dividends as well.

    Args:
        chart: A daily one.
        first: First ex-date wanted.
        last: Last ex-date wanted, inclusive.
    """
    events = chart.get("events") or {}
    return Actions(
        splits=[
            Split(day, _ratio(event))
            for day, event in _dated(events.get("splits"), chart)
            if first <= day <= last
        ],
        dividends=[
            Dividend(day, event.get("amount"), event.get("currency") or None, "split")
            for day, event in _dated(events.get("dividends"), chart)
            if first <= day <= last
        ],
    )


def _is_inside(times: npt.NDArray[Any], window: Window) -> npt.NDArray[np.bool_]:
    start: Any = window.start_at.date()
    end: Any = window.end_at.date()
    if window.timeframe != "1d":
        start, end = window.start_at.timestamp(), window.end_at.timestamp()
    inside: npt.NDArray[np.bool_] = np.asarray((times >= start) & (times < end), dtype=np.bool_)
    return inside


def _grid_seconds(window: Window) -> int:
    return int(min(TIMEFRAMES[str(window.timeframe)], _LONGEST_GRID).total_seconds())


# yfinance writes a zero where Yahoo has no volume; what is not known must not look like no trade.
def _volumes(
    times: list[Any], volumes: list[int], chart: Mapping[str, Any], window: Window
) -> list[str | None] | None:
    if window.listing.asset_class == "fx":
        return None
    quote = chart["indicators"]["quote"][0]
    moments = zip(chart["timestamp"], quote["close"], quote["volume"], strict=True)
    unknown = {moment for moment, close, volume in moments if volume is None and close is not None}
    missing: set[Any] = unknown
    if window.timeframe == "1d":
        missing = {_local_date(moment, chart) for moment in unknown}
    return [
        None if time in missing else str(volume)
        for time, volume in zip(times, volumes, strict=True)
    ]


def _dated(
    events: Mapping[str, Mapping[str, Any]] | None, chart: Mapping[str, Any]
) -> Iterator[tuple[date, Mapping[str, Any]]]:
    for event in sorted((events or {}).values(), key=lambda event: event["date"]):
        yield _local_date(event["date"], chart), event


def _local_date(moment: int, chart: Mapping[str, Any]) -> date:
    return datetime.fromtimestamp(moment, ZoneInfo(chart["meta"]["exchangeTimezoneName"])).date()


# One that is no ratio is handed over as it stands, to be told.
def _ratio(event: Mapping[str, Any]) -> Decimal | str:
    new, old = str(event.get("numerator")), str(event.get("denominator"))
    try:
        return Decimal(new) / Decimal(old)
    except (InvalidOperation, DivisionByZero):
        return f"{new}:{old}"
