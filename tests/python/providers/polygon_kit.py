"""What the tests of the Polygon provider share: a feed, how to ask it, and what must come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from asking_kit import Asking
from market_kit import made_bar
from polygon_records import aggregate_of, market_bars
from wire_kit import Answer

from extract.api.bars import Frame, landed_bars
from extract.api.calls import Caller
from extract.api.feed import BarColumns, Fault, FaultError, Feed, Listing, Window
from extract.api.terms import Connection
from extract.exchanges import Exchange
from extract.landing import TIMEFRAMES
from extract.sources.polygon import TERMS, connect

DAY = datetime(2024, 6, 12, tzinfo=UTC)
OPEN = datetime(2024, 6, 12, 13, 30, tzinfo=UTC)
AAPL = Listing("AAPL", "AAPL", "equity", "XNAS", "USD")
BTC = Listing("BTC/USD", "X:BTCUSD", "crypto", "CRYPTO", "USD")
EUR = Listing("EUR/USD", "C:EURUSD", "fx", "FX", "USD")
NASDAQ = Exchange("XNAS", "XNAS", "America/New_York", 0)
AROUND_THE_CLOCK = Exchange("CRYPTO", "24/7", "UTC", 0)


def opened(url: str, key: str = "GOODKEY", timeout: float = 5, **endpoints: str) -> Feed:
    return connect(
        Connection({"base_url": url, **endpoints}, {"api_key": key}, {}, timeout, Path("unused"))
    )


def window(
    timeframe: str = "1m", start_at: datetime = OPEN, listing: Listing = AAPL, **length: float
) -> Window:
    return Window(
        "bars", listing, timeframe, start_at, start_at + timedelta(**length or {"minutes": 10})
    )


def actions_window(listing: Listing = AAPL, first: str = "2020-01-01") -> Window:
    start_at = datetime.fromisoformat(f"{first}T00:00:00+00:00")
    return Window("actions", listing, None, start_at, datetime(2025, 1, 1, tzinfo=UTC))


def rows(pages: list[BarColumns]) -> list[dict[str, Any]]:
    return [
        {"v": v, "vw": vw, "o": o, "c": c, "h": h, "l": low, "t": t, "n": n}
        for page in pages
        for t, o, h, low, c, v, vw, n in zip(
            page.times,
            page.open,
            page.high,
            page.low,
            page.close,
            page.volume or (),
            page.vwap or (),
            page.trade_count or (),
            strict=True,
        )
    ]


def asked(feed: Feed, wanted: Window, ask: Caller | None = None) -> list[dict[str, Any]]:
    return rows(list(feed.bars(wanted, ask or Asking(feed))))


def expected(wanted: Window) -> list[dict[str, Any]]:
    step, ticker = TIMEFRAMES[str(wanted.timeframe)], wanted.listing.provider_symbol
    bars = market_bars(ticker, step, wanted.start_at, wanted.end_at)
    return [aggregate_of(bar, is_crypto=ticker.startswith("X:")) for bar in bars]


def answer_of(*aggregates: Any, **changes: Any) -> Answer:
    body = {"ticker": "AAPL", "resultsCount": len(aggregates), "adjusted": False, "status": "OK"}
    return Answer({**body, "results": list(aggregates), **changes})


def aggregate(minute: int = 0, **changes: Any) -> dict[str, Any]:
    return {**aggregate_of(made_bar("AAPL", OPEN + timedelta(minutes=minute))), **changes}


def fault_of(feed: Feed, wanted: Window, attempts: int = 1) -> Fault:
    with pytest.raises(FaultError) as caught:
        list(feed.bars(wanted, Asking(feed, attempts)))
    return caught.value.fault


def landed(feed: Feed, wanted: Window, exchange: Exchange = NASDAQ) -> tuple[Any, Any]:
    constants = {"price_basis": "raw", "provider": "polygon", "provider_symbol": "AAPL"}
    constants |= {"asset_class": "equity", "exchange": exchange.exchange, "feed": "sip"}
    constants |= {"currency": "USD", "timeframe": str(wanted.timeframe), "volume_unit": "shares"}
    constants |= {"session_scope": "extended", "request_id": "r"}
    frame = Frame(wanted, exchange, constants, DAY + timedelta(days=30), TERMS.settles_after)
    bars, rejects = landed_bars(feed.bars(wanted, Asking(feed)), frame)
    return bars.table().to_pylist(), rejects
