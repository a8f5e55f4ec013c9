"""Alpaca's symbols, splits and dividends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import alpaca_server
import pytest
from alpaca_kit import (  # noqa: F401 - fixtures
    AAPL,
    BTC,
    IDLE,
    JUNE,
    NOPE,
    OPEN,
    TEN_MINUTES,
    Asking,
    bars,
    fault_of,
    feed_fixture,
    market_fixture,
    server_fixture,
)
from alpaca_server import Alpaca, asset, dividend, split
from wire_kit import Answer, WireServer

from extract.api.feed import Actions, Fault, FaultError, Listing, Window
from extract.sources._alpaca.feed import AlpacaFeed

# Symbols that have no bars, or do not exist


def test_an_unknown_symbol_fails_and_is_no_empty_answer(feed: AlpacaFeed) -> None:
    expected = Fault("failed", "Alpaca does not list NOPE")
    assert fault_of(feed, replace(TEN_MINUTES, listing=NOPE)) == expected
    assert fault_of(feed, replace(JUNE, listing=NOPE)) == expected
    pair = replace(BTC, symbol="NO/PE", provider_symbol="NO/PE")
    assert fault_of(feed, replace(TEN_MINUTES, listing=pair)).reason == "Alpaca does not list NO/PE"


def test_a_listed_symbol_without_trades_is_empty_and_looked_up_once(
    feed: AlpacaFeed, server: WireServer
) -> None:
    window = replace(TEN_MINUTES, listing=IDLE)
    assert list(feed.bars(window, Asking(feed))) == []
    assert list(feed.bars(window, Asking(feed))) == []
    assert feed.actions(replace(JUNE, listing=IDLE), Asking(feed)) == Actions([], [])
    assert [request.path for request in server.requests].count("/v2/assets/IDLE") == 1


def test_a_symbol_that_had_bars_is_not_looked_up(feed: AlpacaFeed, server: WireServer) -> None:
    bars(feed, TEN_MINUTES)
    night = Window("bars", AAPL, "1m", OPEN - timedelta(hours=9), OPEN - timedelta(hours=8))
    assert bars(feed, night)["times"] == []
    assert {request.path for request in server.requests} == {"/v2/stocks/bars"}


@pytest.mark.parametrize(
    "answer",
    [
        Answer({"code": 40110000, "message": "request is not authorized"}, 401),
        Answer({"message": "forbidden."}, 403),
    ],
)
def test_an_empty_answer_that_cannot_be_looked_up_fails_without_ending_the_run(
    feed: AlpacaFeed, server: WireServer, answer: Answer
) -> None:
    server.fail_next(None, answer)
    fault = fault_of(feed, replace(TEN_MINUTES, listing=IDLE))
    assert fault.kind == "not_permitted"
    assert "trading_base_url" in fault.reason


@pytest.mark.parametrize("answer", [alpaca_server.NOT_THERE, Answer(b"", 500), Answer(b"{}")])
def test_a_lookup_that_goes_wrong_does_not_make_a_symbol_unknown(
    feed: AlpacaFeed, server: WireServer, answer: Answer
) -> None:
    server.fail_next(None, answer)
    assert "does not list" not in fault_of(feed, replace(TEN_MINUTES, listing=IDLE)).reason


def test_a_symbol_is_described_by_its_own_name_and_class_only(
    feed: AlpacaFeed, server: WireServer
) -> None:
    ask = Asking(feed)
    found = feed.describe("BRK.B", "etf", ask)
    assert found == Listing(
        "BRK.B", "BRK.B", "etf", "XNYS", "USD", "BRK.B Common Stock", is_active=True
    )
    pair = feed.describe("BTC/USD", "crypto", ask)
    assert pair is not None
    assert (pair.exchange, pair.currency) == ("CRYPTO", "USD")
    assert server.requests[-1].target == "/v2/assets/BTC%2FUSD"
    assert feed.describe("BTC/USD", "equity", ask) is None
    assert feed.describe("BTCUSD", "crypto", ask) is None
    assert feed.describe("NOPE", "equity", ask) is None


def test_the_list_of_symbols_has_mics_and_each_symbol_once(
    feed: AlpacaFeed, market: Alpaca
) -> None:
    market.assets = [*market.assets, asset("OLDIE", "NYSE", "inactive")]
    pages = list(feed.assets("equity", Asking(feed)))
    listings = {x.symbol: (x.exchange, x.is_active) for page in pages for x in page}
    assert listings == {
        "AAPL": ("XNAS", True),
        "BRK.B": ("XNYS", True),
        "SPY": ("ARCX", True),
        "ETHE": ("ARCX", True),
        "IMO": ("XASE", True),
        "CBOE": ("BATS", True),
        "NSRGY": ("OTCM", True),
        "OLDIE": ("XNYS", False),
    }
    assert sum(map(len, pages)) == len(listings)
    pairs = [x for page in feed.assets("crypto", Asking(feed)) for x in page]
    assert [(x.symbol, x.exchange, x.currency) for x in pairs] == [
        ("BTC/USD", "CRYPTO", "USD"),
        ("ETH/BTC", "CRYPTO", "BTC"),
        ("LUNA/USD", "CRYPTO", "USD"),
    ]


def test_funds_are_listed_among_the_shares(feed: AlpacaFeed, server: WireServer) -> None:
    assert list(feed.assets("etf", Asking(feed))) == []
    assert server.requests == []


@pytest.mark.parametrize("body", [[], {}, [{"name": "no symbol"}], [None]])
def test_a_list_that_is_none_is_a_fault(feed: AlpacaFeed, server: WireServer, body: Any) -> None:
    server.fail_next(Answer(body))
    with pytest.raises(FaultError) as caught:
        list(feed.assets("equity", Asking(feed, attempts=1)))
    assert caught.value.fault.kind == "retry"


# Splits and dividends


def test_a_dividend_is_found_by_its_ex_date_though_it_is_paid_later(
    feed: AlpacaFeed, server: WireServer
) -> None:
    week = replace(
        JUNE,
        start_at=datetime(2024, 6, 10, tzinfo=UTC),
        end_at=datetime(2024, 6, 12, tzinfo=UTC),
    )
    found = feed.actions(week, Asking(feed))
    assert [(x.ex_date, x.ratio, x.event_id) for x in found.splits] == [
        ("2024-06-10", 10, "split-NVDA-2024-06-10")
    ]
    assert [(x.ex_date, x.amount, x.amount_basis) for x in found.dividends] == [
        ("2024-06-11", 0.01, "raw")
    ]
    assert server.requests[0].query == {
        "symbols": "NVDA",
        "types": "forward_split,reverse_split,stock_dividend,cash_dividend",
        "start": "2024-05-11",
        "end": "2024-12-08",
        "limit": "1000",
        "sort": "asc",
    }


def test_actions_with_another_ex_date_are_left_to_their_window(
    feed: AlpacaFeed, market: Alpaca
) -> None:
    dividends = [
        dividend("NVDA", "2024-05-31", 1, "2024-06-14"),
        dividend("NVDA", "2024-06-01", 2, "2024-05-20"),
        dividend("NVDA", "2024-06-30", 3, "2024-12-01"),
        dividend("NVDA", "2024-07-01", 4, "2024-07-01"),
    ]
    market.actions = {"NVDA": {"cash_dividends": dividends}}
    found = feed.actions(JUNE, Asking(feed))
    assert sorted(x.amount for x in found.dividends) == [2, 3]


def test_ratios_are_exact(feed: AlpacaFeed, market: Alpaca) -> None:
    market.actions = {
        "NVDA": {
            "forward_splits": [split("NVDA", "2024-06-03", 3, 2)],
            "reverse_splits": [
                split("NVDA", "2024-06-04", 1, 50),
                split("NVDA", "2024-06-05", 0.1, 0.3),
                split("NVDA", "2024-06-06", 1, 0),
            ],
            "stock_dividends": [dividend("NVDA", "2024-06-07", 0.05, "2024-06-07")],
        }
    }
    ratios = {x.ex_date[-1]: x.ratio for x in feed.actions(JUNE, Asking(feed)).splits}
    assert ratios["3"] == Decimal("1.5")
    assert ratios["4"] == Decimal("0.02")
    assert str(ratios["5"])[:20] == "0.333333333333333333"
    assert ratios["6"] == "1/0"  # which is refused, and shown as it is
    assert ratios["7"] == Decimal("1.05")


def test_actions_of_all_pages_come_once(
    feed: AlpacaFeed, server: WireServer, market: Alpaca
) -> None:
    days = [dividend("NVDA", f"2024-06-{day:02}", day, "2024-06-30") for day in range(1, 8)]
    market.actions = {"NVDA": {"cash_dividends": [*days, days[0]]}}
    market.page_size = 3
    server.fail_next(None, Answer(b"", 500))
    found = feed.actions(JUNE, Asking(feed))
    assert [x.amount for x in found.dividends] == list(range(1, 8))
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    "content",
    [
        None,
        {"cash_dividend": []},
        {"cash_dividends": None},
        {"cash_dividends": [None]},
        {"cash_dividends": [dividend("MSFT", "2024-06-11", 1, "2024-06-11")]},
    ],
)
def test_actions_that_are_not_as_documented_never_count_as_none(
    feed: AlpacaFeed, server: WireServer, content: Any
) -> None:
    server.fail_next(Answer({"corporate_actions": content, "next_page_token": None}))
    assert fault_of(feed, JUNE).kind == "retry"


def test_an_action_without_a_date_or_an_amount_is_handed_on_to_be_refused(
    feed: AlpacaFeed, server: WireServer
) -> None:
    lacking = {"id": "x", "symbol": "NVDA"}
    groups = {"cash_dividends": [lacking], "forward_splits": [lacking]}
    server.fail_next(Answer({"corporate_actions": groups, "next_page_token": None}))
    found = feed.actions(JUNE, Asking(feed))
    assert (found.dividends[0].ex_date, found.dividends[0].amount) == (None, None)
    assert found.splits[0].ratio == "None/None"
