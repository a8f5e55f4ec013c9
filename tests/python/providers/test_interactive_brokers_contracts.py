"""Contracts of Interactive Brokers: which one a symbol means."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from ib_kit import AAPL, DAY, Asking, bars_of, fault_of, feed_of, made, window
from tws_market import Stock
from tws_server import TwsServer, serving_tws
from tws_wire import BARS, DETAILS, Answer, Message, Talk

from extract.api.feed import FaultError, Feed, Listing
from extract.sources.interactive_brokers import TERMS


@pytest.fixture
def server() -> Iterator[TwsServer]:
    with serving_tws() as server:
        yield server


@pytest.fixture
def feed(server: TwsServer) -> Iterator[Feed]:
    # Long enough that a test which waits for it does not end.
    with feed_of(server, timeout=60) as feed:
        yield feed


@pytest.mark.parametrize(
    ("symbol", "asset_class", "spelled"),
    [("BRK.B", "equity", "BRK B"), ("EUR/USD", "fx", "EUR.USD"), ("SPX", "index", "SPX")],
)
def test_symbols_are_spelled_as_ib_does(symbol: str, asset_class: str, spelled: str) -> None:
    assert TERMS.spell(symbol, asset_class) == spelled
    assert TERMS.unspell(spelled, asset_class) == symbol


@pytest.mark.parametrize(
    ("spelled", "asset_class", "found"),
    [
        ("BRK B", "equity", Listing("BRK.B", "BRK B", "equity", "XNYS", "USD", "BERKSHIRE")),
        ("SPY", "equity", Listing("SPY", "SPY", "etf", "ARCX", "USD", "A COMPANY")),
        ("ODD", "equity", Listing("ODD", "ODD", "equity", "XXXX", "USD", "A COMPANY")),
        ("EUR.USD", "fx", Listing("EUR/USD", "EUR.USD", "fx", "FX", "USD", "A COMPANY")),
        ("SPX", "index", Listing("SPX", "SPX", "index", "XNYS", "USD", "A COMPANY")),
        ("NOPE", "equity", None),
        ("BTC/USD", "equity", None),
    ],
)
def test_a_symbol_is_described(spelled: str, asset_class: str, found: Listing | None) -> None:
    stocks = {
        "BRK B": [Stock(1, "NYSE", name="BERKSHIRE")],
        "SPY": [Stock(2, "ARCA", "ETF")],
        "ODD": [Stock(3, "NEWPLACE")],
    }
    with serving_tws(stocks=stocks) as server, feed_of(server) as feed:
        assert feed.describe(spelled, asset_class, Asking(feed)) == found


def test_of_several_contracts_the_one_of_the_listings_exchange_is_meant() -> None:
    stocks = {"AAPL": [Stock(1, "LSE"), Stock(2, "NASDAQ"), Stock(2, "NASDAQ"), Stock(3, "MEXI")]}
    with serving_tws(stocks=stocks) as server, feed_of(server) as feed:
        assert bars_of(feed, window()) == made(window())
        assert server.of(BARS)[0].fields[2] == "2"
        fault = fault_of(feed, window(listing=replace(AAPL, exchange="XFRA")))
        assert fault.kind == "failed"
        assert "LSE, MEXI, NASDAQ" in fault.reason
        with pytest.raises(FaultError, match="LSE, MEXI, NASDAQ"):
            feed.describe("AAPL", "equity", Asking(feed))


def test_an_unknown_symbol_is_looked_up_once(feed: Feed, server: TwsServer) -> None:
    nope = Listing("NOPE", "NOPE", "equity", "XNAS", "USD")
    for day in range(3):
        fault = fault_of(feed, window(listing=nope, start_at=DAY + timedelta(days=day)))
        assert fault.kind == "failed"
        assert "No security definition" in fault.reason
    assert len(server.of(DETAILS)) == 1


def test_a_look_up_that_fails_fails_for_all_who_wait_for_it(feed: Feed, server: TwsServer) -> None:
    others_wait = threading.Event()

    def fail(talk: Talk, message: Message, _answer: Answer) -> None:
        others_wait.wait(0.2)
        talk.error(message.fields[2], 504, "Not connected")

    server.fail_next(DETAILS, fail)
    with ThreadPoolExecutor(4) as pool:
        faults = list(pool.map(lambda _n: fault_of(feed), range(4)))
    assert {fault.kind for fault in faults} == {"retry"}
    assert len(server.of(DETAILS)) == 1
    assert bars_of(feed, window()) == made(window())
