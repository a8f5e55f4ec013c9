"""What the tests of the Coinbase provider share: a feed, how to ask it, and what must come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking_kit import Asking
from coinbase_server import Key, candle_of
from market_kit import made_bars

from extract.api.calls import Caller
from extract.api.feed import BarColumns, Fault, FaultError, Feed, Listing, Window
from extract.api.terms import Connection
from extract.sources.coinbase import connect

DAY = datetime(2024, 6, 12, tzinfo=UTC)
BTC = Listing("BTC/USD", "BTC-USD", "crypto", "CRYPTO", "USD")


def clear_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies, certificates or passwords of the machine that runs the tests."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", "/nowhere")


def opened(url: str, key: Key | None = None, timeout: float = 5, **endpoints: str) -> Feed:
    credentials = {"api_key": key.name, "api_secret": key.secret} if key else {}
    return connect(
        Connection({"base_url": url, **endpoints}, credentials, {}, timeout, Path("unused"))
    )


def window(
    timeframe: str = "1m", start_at: datetime = DAY, listing: Listing = BTC, **length: float
) -> Window:
    return Window(
        "bars", listing, timeframe, start_at, start_at + timedelta(**length or {"minutes": 10})
    )


def rows(pages: list[BarColumns]) -> list[dict[str, Any]]:
    return [
        {"start": s, "open": o, "high": h, "low": low, "close": c, "volume": v}
        for page in pages
        for s, o, h, low, c, v in zip(
            page.times, page.open, page.high, page.low, page.close, page.volume, strict=True
        )
    ]


def asked(feed: Feed, wanted: Window, ask: Caller | None = None) -> list[dict[str, Any]]:
    found = rows(list(feed.bars(wanted, ask or Asking(feed))))
    return sorted(found, key=lambda row: int(row["start"]))


def expected(wanted: Window, step: timedelta) -> list[dict[str, str]]:
    bars = made_bars(wanted.listing.symbol, wanted.start_at, wanted.end_at, step)
    return [candle_of(bar) for bar in bars]


def fault_of(feed: Feed, wanted: Window, attempts: int = 1) -> Fault:
    with pytest.raises(FaultError) as caught:
        list(feed.bars(wanted, Asking(feed, attempts)))
    return caught.value.fault
