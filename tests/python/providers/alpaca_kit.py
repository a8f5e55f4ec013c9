"""What the tests of Alpaca share: the feed with the real SDK against a local server."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import alpaca_server
import pytest
from alpaca_server import KEY, SECRET, Alpaca
from market_kit import made_bars
from wire_kit import Answer, WireServer

from extract.api.bars import Frame, landed_bars
from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.feed import BarColumns, Fault, FaultError, Listing, Window
from extract.api.terms import Connection
from extract.exchanges import Exchange
from extract.sources._alpaca.feed import AlpacaFeed
from extract.sources.alpaca import connect

AAPL = Listing("AAPL", "AAPL", "equity", "XNAS", "USD")
IDLE = Listing("IDLE", "IDLE", "equity", "XNAS", "USD")
NOPE = Listing("NOPE", "NOPE", "equity", "XNAS", "USD")
NVDA = Listing("NVDA", "NVDA", "equity", "XNAS", "USD")
BTC = Listing("BTC/USD", "BTC/USD", "crypto", "CRYPTO", "USD")
NASDAQ = Exchange("XNAS", "XNAS", "America/New_York", 0)
MINUTE = timedelta(minutes=1)
#: A Wednesday, 09:30 to 09:40 in New York.
OPEN = datetime(2024, 6, 12, 13, 30, tzinfo=UTC)
TEN_MINUTES = Window("bars", AAPL, "1m", OPEN, OPEN + 10 * MINUTE)
JUNE = Window(
    "actions", NVDA, None, datetime(2024, 6, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)
)


class Asking(Caller):
    """The engine's caller, quick, which remembers what it was told."""

    def __init__(self, feed: AlpacaFeed, attempts: int = 3) -> None:
        budget = Budget(1_000_000, burst=1000)
        policy = RetryPolicy(attempts=attempts, backoff_seconds=0.001, longest_told_seconds=0.5)
        super().__init__(budget, feed.fault, policy, threading.Event())
        self.heard: list[tuple[int, float]] = []
        self.calls = 0

    def __call__(self, call: Any) -> Any:
        self.calls += 1
        return super().__call__(call)

    def told(self, *, remaining: int, reset_after: float) -> None:
        self.heard.append((remaining, reset_after))


@pytest.fixture(name="market")
def market_fixture() -> Alpaca:
    return Alpaca()


@pytest.fixture(name="server")
def server_fixture(market: Alpaca) -> Iterator[WireServer]:
    server = alpaca_server.start(market)
    yield server
    server.close()


@pytest.fixture(name="feed")
def feed_fixture(server: WireServer, tmp_path: Path) -> Iterator[AlpacaFeed]:
    feed = connect(connection(server.url, tmp_path))
    yield feed
    feed.close()


def connection(url: str, tmp_path: Path, **changes: Any) -> Connection:
    made = Connection(
        endpoints={"base_url": url, "trading_base_url": url},
        credentials={"api_key": KEY, "api_secret": SECRET},
        options={"feed": "sip"},
        timeout=0.4,
        cache_dir=tmp_path,
    )
    return replace(made, **changes)


def bars(feed: AlpacaFeed, window: Window, ask: Asking | None = None) -> dict[str, list[Any]]:
    pages = list(feed.bars(window, ask or Asking(feed)))
    names = ("times", "open", "high", "low", "close", "volume", "vwap", "trade_count")
    return {name: [v for page in pages for v in getattr(page, name)] for name in names}


def times(window: Window) -> list[str]:
    step = {"1m": MINUTE, "1h": 60 * MINUTE, "1d": timedelta(days=1)}[str(window.timeframe)]
    made = made_bars(window.listing.symbol, window.start_at, window.end_at, step)
    return [f"{bar.start_at:%Y-%m-%dT%H:%M:%SZ}" for bar in made]


def fault_of(feed: AlpacaFeed, window: Window, attempts: int = 1) -> Fault:
    with pytest.raises(FaultError) as caught:
        if window.dataset == "actions":
            feed.actions(window, Asking(feed, attempts))
        else:
            list(feed.bars(window, Asking(feed, attempts)))
    return caught.value.fault


def page(*bars: Any, token: str | None = None, symbol: str = "AAPL") -> Answer:
    return Answer({"bars": {symbol: list(bars)}, "next_page_token": token})


def bar(text: str, **changes: Any) -> dict[str, Any]:
    return {"t": text, "o": 1, "h": 2, "l": 0.5, "c": 1.5, "v": 10, "n": 2, "vw": 1.2} | changes


def landed(pages: list[BarColumns], window: Window) -> tuple[list[Mapping[str, Any]], list[Any]]:
    constants = {
        "provider": "alpaca",
        "provider_symbol": window.listing.provider_symbol,
        "asset_class": window.listing.asset_class,
        "exchange": window.listing.exchange,
        "feed": "sip",
        "currency": "USD",
        "timeframe": window.timeframe,
        "volume_unit": "shares",
        "price_basis": "raw",
        "session_scope": "extended",
        "request_id": "r",
    }
    frame = Frame(window, NASDAQ, constants, datetime(2024, 7, 1, tzinfo=UTC), timedelta(0))
    bars, rejects = landed_bars(pages, frame)
    return bars.table().to_pylist(), rejects
