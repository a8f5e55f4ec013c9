"""What the tests of the Interactive Brokers provider share: a feed, how to ask it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from market_kit import MadeBar
from tws_market import Market
from tws_server import TwsServer

from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.feed import BarColumns, Fault, FaultError, Feed, Listing, Window
from extract.api.terms import Connection
from extract.sources.interactive_brokers import connect

#: A Thursday: five days from it hold a weekend.
DAY = datetime(2024, 6, 6, tzinfo=UTC)
AAPL = Listing("AAPL", "AAPL", "equity", "XNAS", "USD")
SPX = Listing("SPX", "SPX", "index", "XNYS", "USD")
EURUSD = Listing("EUR/USD", "EUR.USD", "fx", "FX", "USD")
SIZES = {
    "1m": "1 min",
    "5m": "5 mins",
    "15m": "15 mins",
    "30m": "30 mins",
    "1h": "1 hour",
    "1d": "1 day",
}


class Asking(Caller):
    """The real thing with short waits."""

    def __init__(self, feed: Feed, attempts: int = 3) -> None:
        policy = RetryPolicy(attempts, backoff_seconds=0.001)
        super().__init__(Budget(1e6, burst=1000), feed.fault, policy, threading.Event())


def connected(port: int, timeout: float = 20, **options: Any) -> Feed:
    endpoints = {"host": "127.0.0.1", "port": str(port)}
    return connect(Connection(endpoints, {}, options, timeout, Path("unused")))


@contextmanager
def feed_of(server: TwsServer, timeout: float = 20, **options: Any) -> Iterator[Feed]:
    feed = connected(server.port, timeout, **options)
    try:
        yield feed
    finally:
        feed.close()


def window(
    timeframe: str = "1m",
    listing: Listing = AAPL,
    start_at: datetime = DAY,
    end_at: datetime | None = None,
    **length: float,
) -> Window:
    end_at = end_at or start_at + timedelta(**length or {"days": 1})
    return Window("bars", listing, timeframe, start_at, end_at)


def pages_of(feed: Feed, wanted: Window, attempts: int = 3) -> list[BarColumns]:
    return list(feed.bars(wanted, Asking(feed, attempts)))


def bars_of(feed: Feed, wanted: Window, attempts: int = 3) -> list[tuple[Any, ...]]:
    """The bars of a window in the order of their start, as (time, open, high, low, close)."""
    found = [
        row
        for page in pages_of(feed, wanted, attempts)
        for row in zip(page.times, page.open, page.high, page.low, page.close, strict=True)
    ]
    return sorted(found)


def made(
    wanted: Window, hours: str = "regular", market: Market | None = None
) -> list[tuple[Any, ...]]:
    """The bars that a window must hold, in the form of :func:`bars_of`."""
    symbol, size = wanted.listing.provider_symbol.partition(".")[0], SIZES[str(wanted.timeframe)]
    bars = (market or Market()).bars(symbol, size, wanted.start_at, wanted.end_at, hours)
    return [(_time(bar, size), bar.open, bar.high, bar.low, bar.close) for bar in bars]


def fault_of(feed: Feed, wanted: Window | None = None, attempts: int = 1) -> Fault:
    """What becomes of a window that brings nothing."""
    try:
        found = pages_of(feed, wanted or window(), attempts)
    except FaultError as error:
        return error.fault
    raise AssertionError(f"{sum(len(page.times) for page in found)} bars and no fault")


def until(has_come: Callable[[], object]) -> None:
    """Wait for what the server gets to see a moment later."""
    while not has_come():
        threading.Event().wait(0.001)


def _time(bar: MadeBar, size: str) -> datetime | date:
    return bar.start_at.date() if size == "1 day" else bar.start_at
