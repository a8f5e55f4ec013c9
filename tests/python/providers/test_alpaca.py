"""What is asked of Alpaca, and what comes, with the real SDK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from alpaca_kit import (  # noqa: F401 - fixtures
    AAPL,
    BTC,
    MINUTE,
    NVDA,
    OPEN,
    TEN_MINUTES,
    Asking,
    bar,
    bars,
    fault_of,
    feed_fixture,
    landed,
    market_fixture,
    page,
    server_fixture,
    times,
)
from alpaca_server import Alpaca
from market_kit import made_bars
from wire_kit import WireServer

from extract.api.feed import Window
from extract.sources._alpaca.feed import AlpacaFeed

# What is asked for


def test_stock_bars_are_asked_for_raw_by_exactly_their_symbol(
    feed: AlpacaFeed, server: WireServer
) -> None:
    bars(feed, TEN_MINUTES)
    assert server.requests[0].path == "/v2/stocks/bars"
    assert server.requests[0].query == {
        "symbols": "AAPL",
        "timeframe": "1Min",
        "start": "2024-06-12T13:30:00Z",
        "end": "2024-06-12T13:39:59Z",
        "limit": "10000",
        "sort": "asc",
        "adjustment": "raw",
        "feed": "sip",
        "asof": "-",
    }


def test_the_bar_at_the_end_of_a_window_is_left_to_the_next(feed: AlpacaFeed) -> None:
    assert bars(feed, TEN_MINUTES)["times"] == times(TEN_MINUTES)


def test_bars_of_all_pages_come_in_order_with_all_their_values(
    feed: AlpacaFeed, server: WireServer, market: Alpaca
) -> None:
    market.page_size = 4
    ask = Asking(feed)
    found = bars(feed, TEN_MINUTES, ask)
    made = list(made_bars("AAPL", TEN_MINUTES.start_at, TEN_MINUTES.end_at, MINUTE))
    for name in ("open", "high", "low", "close", "volume", "vwap", "trade_count"):
        assert found[name] == [getattr(bar, name) for bar in made]
    assert found["times"] == times(TEN_MINUTES)
    assert ask.calls == len(server.requests) == 3


def test_crypto_is_asked_for_by_its_symbol_with_a_slash(
    feed: AlpacaFeed, server: WireServer
) -> None:
    window = Window("bars", BTC, "1h", OPEN, OPEN + timedelta(hours=3))
    found = bars(feed, window)
    assert "symbols=BTC%2FUSD&" in server.requests[0].target
    assert set(server.requests[0].query) == {
        "symbols",
        "timeframe",
        "start",
        "end",
        "limit",
        "sort",
    }
    # Hours begin at the full hour; the one that the window cuts is not in it.
    assert found["times"] == times(window)


def test_a_volume_of_a_hundred_millionth_lands_exactly(
    feed: AlpacaFeed, server: WireServer
) -> None:
    window = Window("bars", BTC, "1m", OPEN, OPEN + MINUTE)
    server.fail_next(page(bar("2024-06-12T13:30:00Z", v=1e-8), symbol="BTC/USD"))
    rows, rejects = landed(list(feed.bars(window, Asking(feed))), window)
    assert rows[0]["volume"] == Decimal("0.00000001")
    assert not rejects


def test_a_bar_of_quotes_alone_has_no_vwap(feed: AlpacaFeed, server: WireServer) -> None:
    window = Window("bars", BTC, "1m", OPEN, OPEN + MINUTE)
    server.fail_next(page(bar("2024-06-12T13:30:00Z", v=0, n=0, vw=0), symbol="BTC/USD"))
    assert bars(feed, window)["vwap"] == [None]


def test_a_day_of_a_stock_is_its_session_date(feed: AlpacaFeed) -> None:
    # Friday to Monday, over the change to summer time.
    start_at, end_at = datetime(2024, 3, 8, tzinfo=UTC), datetime(2024, 3, 12, tzinfo=UTC)
    window = Window("bars", AAPL, "1d", start_at, end_at)
    pages = list(feed.bars(window, Asking(feed)))
    rows, rejects = landed(pages, window)
    assert [row["session_date"] for row in rows] == [date(2024, 3, 8), date(2024, 3, 11)]
    assert [row["source_timestamp"] for row in rows] == [
        "2024-03-08T05:00:00Z",
        "2024-03-11T04:00:00Z",
    ]
    assert not rejects


def test_a_day_of_a_pair_that_is_no_utc_day_fails_the_window(
    feed: AlpacaFeed, server: WireServer
) -> None:
    start_at = datetime(2022, 1, 1, tzinfo=UTC)
    window = Window("bars", BTC, "1d", start_at, start_at + timedelta(days=2))
    assert bars(feed, window)["times"] == times(window)
    server.fail_next(page(bar("2022-01-01T06:00:00Z"), symbol="BTC/USD"))
    fault = fault_of(feed, window)
    assert fault.kind == "failed"
    assert fault.reason.startswith("Alpaca's days of BTC/USD begin at 06:00 UTC, not at midnight")


def test_days_up_to_today_are_asked_for_without_an_end_when_the_plan_ends_earlier(
    feed: AlpacaFeed, server: WireServer, market: Alpaca
) -> None:
    market.is_free = True
    market.clock = lambda: datetime(2024, 6, 12, 15, tzinfo=UTC)
    week = Window(
        "bars", AAPL, "1d", datetime(2024, 6, 10, tzinfo=UTC), datetime(2024, 6, 13, tzinfo=UTC)
    )
    assert len(bars(feed, week)["times"]) == 3
    assert ["end" in request.query for request in server.requests] == [True, False]
    # What was refused once is not tried again, and what the plan has is asked for with its end.
    bars(feed, replace(week, listing=NVDA))
    bars(feed, replace(week, end_at=datetime(2024, 6, 12, tzinfo=UTC)))
    assert ["end" in request.query for request in server.requests[2:]] == [False, True]


def test_minutes_that_the_plan_does_not_have_yet_are_not_permitted(
    feed: AlpacaFeed, server: WireServer, market: Alpaca
) -> None:
    market.is_free = True
    market.clock = lambda: TEN_MINUTES.end_at
    fault = fault_of(feed, TEN_MINUTES, attempts=3)
    assert fault.kind == "not_permitted"
    assert "subscription does not permit querying recent SIP data" in fault.reason
    assert len(server.requests) == 1


def test_threads_that_share_a_feed_get_the_bars_they_asked_for(
    feed: AlpacaFeed, market: Alpaca
) -> None:
    market.page_size = 3
    symbols = [f"T{number}" for number in range(12)]
    windows = [replace(TEN_MINUTES, listing=replace(AAPL, provider_symbol=s)) for s in symbols]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda window: bars(feed, window)["open"], windows))
    for symbol, opens in zip(symbols, found, strict=True):
        made = made_bars(symbol, TEN_MINUTES.start_at, TEN_MINUTES.end_at, MINUTE)
        assert opens == [bar.open for bar in made]
