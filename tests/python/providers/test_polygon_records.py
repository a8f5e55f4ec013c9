"""Corporate actions and tickers of the Polygon provider."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from asking_kit import Asking
from polygon_kit import (
    actions_window,
    opened,
)
from polygon_records import ticker_of
from polygon_server import (
    ENVELOPE,
    PolygonMarket,
    start,
)
from wire_kit import HANG_UP, Answer, WireServer, broken_json, truncated

from extract.api.actions import landed_actions
from extract.api.feed import FaultError, Feed, Listing, Split
from extract.sources.polygon import TERMS


@pytest.fixture
def market() -> PolygonMarket:
    return PolygonMarket()


@pytest.fixture
def server(market: PolygonMarket) -> Iterator[WireServer]:
    server = start(market)
    yield server
    server.close()


@pytest.fixture
def feed(server: WireServer) -> Iterator[Feed]:
    feed = opened(server.url)
    yield feed
    feed.close()


def test_splits_and_dividends_are_those_of_the_ticker_in_the_window(
    feed: Feed, server: WireServer
) -> None:
    ask = Asking(feed)
    actions = feed.actions(actions_window(), ask)
    assert actions.splits == [
        Split("2024-06-10", Decimal(10), "E-split-AAPL-2024-06-10"),
        Split("2022-03-01", Decimal(1) / Decimal(3), "E-split-AAPL-2022-03-01"),
    ]
    assert len(actions.dividends) == 20
    newest = actions.dividends[0]
    assert (newest.ex_date, newest.amount, newest.currency) == ("2024-12-11", 0.24, "USD")
    assert (newest.amount_basis, newest.event_id) == ("raw", "E-dividend-AAPL-2024-12-11")
    assert len(server.requests) == ask.turn_count == 2
    splits, dividends, rejects = landed_actions(actions, actions_window())
    assert [str(row["split_ratio"]) for row in splits] == [
        "10.000000000000000000",
        "0.333333333333333333",
    ]
    assert len(dividends) == 20
    assert not rejects


def test_actions_are_asked_for_between_dates_both_inclusive(feed: Feed, server: WireServer) -> None:
    feed.actions(actions_window(), Asking(feed))
    splits, dividends = server.requests
    dates = ("2020-01-01", "2024-12-31")
    assert splits.path == "/v3/reference/splits"
    assert splits.query == {
        "ticker": "AAPL",
        "execution_date.gte": dates[0],
        "execution_date.lte": dates[1],
        "limit": "1000",
    }
    assert (dividends.path, dividends.query["limit"]) == ("/v3/reference/dividends", "1000")
    assert dividends.query["ex_dividend_date.gte"] == dates[0]
    assert dividends.query["ex_dividend_date.lte"] == dates[1]


@pytest.mark.parametrize(
    "failure", [broken_json, truncated, HANG_UP, ENVELOPE, Answer({"status": "OK"})]
)
def test_a_broken_page_of_actions_is_asked_again_alone(
    feed: Feed, market: PolygonMarket, server: WireServer, failure: Any
) -> None:
    market.most_records = 8
    ask = Asking(feed)
    server.fail_next(None, None, failure)
    actions = feed.actions(actions_window(), ask)
    assert len({dividend.event_id for dividend in actions.dividends}) == 20
    assert len(server.requests) == ask.turn_count == 5


def test_actions_of_another_ticker_are_left_out(feed: Feed, server: WireServer) -> None:
    told = {"id": "E1", "execution_date": "2024-06-10", "split_from": 1, "split_to": 4}
    both = [told, {**told, "id": "E2", "ticker": "AAPLX"}]
    server.fail_next(Answer({"status": "OK", "results": both}))
    found = feed.actions(actions_window(), Asking(feed))
    assert [split.event_id for split in found.splits] == ["E1"]


@pytest.mark.parametrize(("old", "new"), [(0, 4), (None, 4), (2, None), ("1", "4")])
def test_a_split_without_a_ratio_is_told(
    feed: Feed, market: PolygonMarket, old: Any, new: Any
) -> None:
    told = {"id": "E1", "execution_date": "2024-06-10", "split_from": old, "split_to": new}
    market.splits, market.dividends = [told], []
    actions = feed.actions(actions_window(), Asking(feed))
    _, _, (reject,) = landed_actions(actions, actions_window())
    assert reject.column == "split_ratio"
    assert f"'{new}:{old}'" in reject.reason


def test_ratios_of_fractions_are_exact(feed: Feed, market: PolygonMarket) -> None:
    told = {"id": "E1", "execution_date": "2024-06-10", "split_from": 1.1, "split_to": 3.3}
    market.splits, market.dividends = [told], []
    assert feed.actions(actions_window(), Asking(feed)).splits[0].ratio == 3


# Tickers


def test_lists_are_of_their_class_page_by_page(
    feed: Feed, market: PolygonMarket, server: WireServer
) -> None:
    market.most_records = 2
    ask = Asking(feed)
    found = {
        asset_class: [one.symbol for page in feed.assets(asset_class, ask) for one in page]
        for asset_class in TERMS.price_basis
    }
    assert found == {
        "equity": ["AAPL", "BRK.B", "NVDA"],
        "etf": ["QQQ", "SPY", "VXX"],
        "crypto": ["BTC/USD", "ETH/BTC"],
        "fx": ["EUR/USD"],
    }
    assert len(server.requests) == ask.turn_count == 8
    assert server.requests[0].query["market"] == "stocks"
    assert server.requests[0].query["limit"] == "1000"
    assert set(server.requests[1].query) == {"cursor"}


@pytest.mark.parametrize(
    ("ticker", "asset_class", "listing"),
    [
        ("AAPL", "equity", Listing("AAPL", "AAPL", "equity", "XNAS", "USD", "Apple Inc.", True)),
        ("SPY", "equity", Listing("SPY", "SPY", "etf", "ARCX", "USD", "SPY Inc.", True)),
        ("GONE", "equity", Listing("GONE", "GONE", "equity", "XNAS", "USD", "Gone Inc.", False)),
        (
            "X:ETHBTC",
            "crypto",
            Listing("ETH/BTC", "X:ETHBTC", "crypto", "CRYPTO", "BTC", "ETH - BTC", True),
        ),
        ("C:EURUSD", "fx", Listing("EUR/USD", "C:EURUSD", "fx", "FX", "USD", "EUR - USD", True)),
        ("NOPE", "equity", None),
        ("X:NOPEUSD", "crypto", None),
    ],
)
def test_a_ticker_is_described(
    feed: Feed, ticker: str, asset_class: str, listing: Listing | None
) -> None:
    assert feed.describe(ticker, asset_class, Asking(feed)) == listing


@pytest.mark.parametrize("changes", [{"market": "otc"}, {"primary_exchange": None}])
def test_a_ticker_that_cannot_be_a_listing_is_not_unknown(
    feed: Feed, market: PolygonMarket, changes: dict[str, Any]
) -> None:
    market.listed = [ticker_of("ODD", **changes)]
    with pytest.raises(FaultError, match="ODD is an index, trades OTC or has no exchange"):
        feed.describe("ODD", "equity", Asking(feed))
    assert list(feed.assets("equity", Asking(feed))) == [[]]


@pytest.mark.parametrize(
    ("symbol", "asset_class", "ticker"),
    [
        ("BRK.B", "equity", "BRK.B"),
        ("SPY", "etf", "SPY"),
        ("BTC/USD", "crypto", "X:BTCUSD"),
        ("BTC/USDT", "crypto", "X:BTCUSDT"),
        ("USDT/USD", "crypto", "X:USDTUSD"),
        ("DOGE/EUR", "crypto", "X:DOGEEUR"),
        ("EUR/USD", "fx", "C:EURUSD"),
    ],
)
def test_symbols_are_spelled_back_and_forth(symbol: str, asset_class: str, ticker: str) -> None:
    assert TERMS.spell(symbol, asset_class) == ticker
    assert TERMS.spell(ticker, asset_class) == ticker
    assert TERMS.unspell(ticker, asset_class) == symbol
    assert TERMS.unspell("AAPL", asset_class) == "AAPL"


def test_scopes_are_what_bars_span() -> None:
    asked_for = [("equity", "1m"), ("etf", "1h"), ("equity", "1d"), ("crypto", "1d"), ("fx", "1m")]
    assert [TERMS.session_scope(*one, {}) for one in asked_for] == [
        "extended",
        "extended",
        "regular",
        "24x7",
        "regular",
    ]
