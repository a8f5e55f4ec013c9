"""What the tests of Yahoo share: a feed that is connected, how to ask it, and charts to spoil."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yfinance.cache
import yfinance.data
from wire_kit import Answer, Failure
from yahoo_server import YahooServer, start

from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.feed import BarColumns, Feed, Listing, Window
from extract.api.terms import Connection
from extract.sources.yahoo import TERMS, connect

NOW = datetime(2024, 6, 14, 21, tzinfo=UTC)
#: Events of NVDA around a week without a session on Wednesday and Thursday.
EVENTS = {
    "NVDA": {
        "splits": {date(2024, 6, 10): (10.0, 1.0), date(2021, 7, 20): (1.0, 3.0)},
        "dividends": {date(2024, 6, 8): 0.02, date(2024, 6, 11): 0.01},
        "capitalGains": {date(2024, 6, 11): 1.5},
    },
    # In January Sydney opens at 23:00 UTC of the day before.
    "VNM.AX": {"dividends": {date(2024, 1, 16): (500.0, "VND")}},
}


class CountingCaller(Caller):
    """A caller that never waits for its turn and counts them."""

    turns = 0

    def take_turn(self) -> None:
        self.turns += 1


class Yahoo:
    """A feed connected to a server, and the shortest way to ask it."""

    def __init__(self, folder: Path, timeout: float) -> None:
        self.folder = folder
        self.server: YahooServer = start(folder / "tls", now=lambda: NOW, events=EVENTS)
        self.timeout = timeout
        self.feed = self.connect()

    def connect(self, **options: Any) -> Feed:
        endpoints = {"proxy": self.server.url, "ca_file": self.server.ca_file}
        return connect(Connection(endpoints, {}, options, self.timeout, self.folder / "cache"))

    def ask(self, attempts: int = 1) -> CountingCaller:
        policy = RetryPolicy(attempts, backoff_seconds=0)
        return CountingCaller(Budget(1e9), self.feed.fault, policy, threading.Event())

    def bars(
        self,
        symbol: str,
        timeframe: str,
        start_at: str,
        end_at: str,
        *,
        attempts: int = 1,
        **listed: str,
    ) -> list[BarColumns]:
        window = windowed(symbol, timeframe, start_at, end_at, **listed)
        return list(self.feed.bars(window, self.ask(attempts)))

    def actions(self, symbol: str, start_at: str, end_at: str) -> Any:
        window = replace(windowed(symbol, "1d", start_at, end_at), dataset="actions")
        return self.feed.actions(replace(window, timeframe=None), self.ask())


def windowed(
    symbol: str,
    timeframe: str,
    start_at: str,
    end_at: str,
    *,
    asset_class: str = "equity",
    currency: str = "USD",
) -> Window:
    listing = Listing(symbol, TERMS.spell(symbol, asset_class), asset_class, "XNAS", currency)
    first, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start_at, end_at))
    return Window("bars", listing, timeframe, first, end)


def editing(change: Callable[[dict[str, Any]], None]) -> Failure:
    """A fault that changes the result of a good chart."""

    def edited(answer: Answer) -> Answer:
        body = deepcopy(answer.body)
        change(body["chart"]["result"][0])
        return replace(answer, body=body)

    return edited


def put(column: str, place: int, value: Any) -> Failure:
    """A chart with another value in one place."""

    def change(result: dict[str, Any]) -> None:
        result["indicators"]["quote"][0][column][place] = value

    return editing(change)


def without_prices(result: dict[str, Any], place: int) -> None:
    for values in result["indicators"]["quote"][0].values():
        values[place] = None
    for values in result["indicators"].get("adjclose", ()):
        values["adjclose"][place] = None


@contextmanager
def opened(folder: Path, timeout: float = 2.0) -> Iterator[Yahoo]:
    """A server and a feed, which meets yfinance as a new process does."""
    yfinance.data.SingletonMeta._instances.clear()
    yfinance.cache._TzCacheManager._tz_cache = None
    yfinance.cache._CookieCacheManager._Cookie_cache = None
    yfinance.config.debug.hide_exceptions = True
    yahoo = Yahoo(folder, timeout)
    try:
        yield yahoo
    finally:
        yahoo.feed.close()
        yahoo.server.close()
