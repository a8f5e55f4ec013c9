"""Alpaca's feed with the real SDK against a local server that speaks as Alpaca does."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import alpaca_server
import pytest
from alpaca_server import KEY, SECRET, Alpaca, asset, dividend, rate_headers, split
from market_kit import made_bar, made_bars
from tls_kit import make_certificates
from wire_kit import HANG_UP, Answer, WireServer, broken_json, stalled, truncated

from extract.api.bars import Frame, landed_bars
from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.feed import Actions, BarColumns, Fault, FaultError, Listing, Window
from extract.api.terms import Connection
from extract.exchanges import Exchange
from extract.providers import MisconfiguredError
from extract.sources._alpaca.feed import AlpacaFeed
from extract.sources.alpaca import TERMS, connect

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


@pytest.fixture
def market() -> Alpaca:
    return Alpaca()


@pytest.fixture
def server(market: Alpaca) -> Iterator[WireServer]:
    server = alpaca_server.start(market)
    yield server
    server.close()


@pytest.fixture
def feed(server: WireServer, tmp_path: Path) -> Iterator[AlpacaFeed]:
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


# Answers that are not as they should be


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"bars": None, "next_page_token": None}, "has bars of type NoneType"),
        ({"bars": [], "next_page_token": None}, "has bars of type list"),
        ({"bars": {"AAPL": None}, "next_page_token": None}, "has bars of type NoneType"),
        ({"bars": {"AAPL": ["?"]}, "next_page_token": None}, "has bars that are no objects"),
        ({"bars": {"MSFT": []}, "next_page_token": None}, "has bars of MSFT; asked for AAPL"),
        ({"next_page_token": None}, "has no bars; it has next_page_token"),
        ({"bars": {}}, "has no next_page_token; it has bars"),
        ({"bars": {}, "next_page_token": 7}, "has a next_page_token that is no text"),
        ({"bars": {}, "next_page_token": ""}, "has a next_page_token that is no text"),
        ({"bars": {}, "next_page_token": None, "partial": True}, "has partial, which nobody"),
        ({"code": 500, "message": "oh"}, "has no bars; it has code, message"),
        ([], "is of type list"),
        (b"null", "is empty"),
        (b"", "is empty"),
    ],
)
def test_an_answer_that_is_not_as_documented_never_counts_as_no_bars(
    feed: AlpacaFeed, server: WireServer, body: Any, told: str
) -> None:
    server.fail_next(Answer(body))
    fault = fault_of(feed, TEN_MINUTES)
    assert fault.kind == "retry"
    assert told in fault.reason
    # It is asked for again like one that did not come.
    server.fail_next(Answer(body))
    assert bars(feed, TEN_MINUTES)["times"] == times(TEN_MINUTES)


def test_a_redirect_is_not_followed_and_no_answer(feed: AlpacaFeed, server: WireServer) -> None:
    server.fail_next(Answer(b"", 302, {"Location": server.url + "/v2/stocks/bars"}))
    assert fault_of(feed, TEN_MINUTES).kind == "retry"
    assert len(server.requests) == 1


def test_a_page_token_that_comes_again_is_a_fault(feed: AlpacaFeed, server: WireServer) -> None:
    server.fail_next(*[page(bar("2024-06-12T13:30:00Z"), token="A")] * 9)
    fault = fault_of(feed, TEN_MINUTES, attempts=2)
    assert fault == Fault("retry", "its answer has the token of a page that was there before")
    assert len(server.requests) == 3


def test_an_empty_page_before_the_last_is_no_end(feed: AlpacaFeed, server: WireServer) -> None:
    first, last = "2024-06-12T13:30:00Z", "2024-06-12T13:31:00Z"
    server.fail_next(page(bar(first), token="A"), page(token="B"), page(bar(last)))
    assert bars(feed, TEN_MINUTES)["times"] == [first, last]


def test_a_null_row_and_a_row_without_a_price_are_rejected_alone(
    feed: AlpacaFeed, server: WireServer
) -> None:
    lacking = bar("2024-06-12T13:31:00Z")
    del lacking["o"]
    server.fail_next(page(bar("2024-06-12T13:30:00Z"), None, lacking))
    rows, rejects = landed(list(feed.bars(TEN_MINUTES, Asking(feed))), TEN_MINUTES)
    assert len(rows) == 1
    assert [reject.reason for reject in rejects] == ["bar_start_at is missing", "open is missing"]


def test_bars_newest_first_and_twice_land_once_in_order(
    feed: AlpacaFeed, server: WireServer
) -> None:
    texts = [f"2024-06-12T13:3{minute}:00Z" for minute in range(4)]
    server.fail_next(
        page(bar(texts[3]), bar(texts[2]), token="A"), page(bar(texts[2]), bar(texts[0]))
    )
    rows, rejects = landed(list(feed.bars(TEN_MINUTES, Asking(feed))), TEN_MINUTES)
    assert [row["source_timestamp"] for row in rows] == [texts[0], texts[2], texts[3]]
    assert not rejects


# Faults


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (Answer({"message": "unauthorized."}, 401), "refused", "unauthorized"),
        (Answer({"message": "forbidden."}, 403), "refused", "forbidden"),
        (Answer(alpaca_server.NO_RECENT, 403), "not_permitted", "recent SIP data"),
        (Answer({"message": "invalid symbol: ??"}, 422), "failed", "invalid symbol: ??"),
        (Answer({"message": "invalid feed: x"}, 400), "failed", "HTTP 400 Bad Request: inv"),
        (alpaca_server.NOT_THERE, "failed", "endpoint not found"),
        (Answer({"message": "too many requests."}, 429), "rate_limited", "too many requests"),
        (Answer({"message": "internal error"}, 500), "retry", "HTTP 500 Internal Server Error: in"),
        (Answer(b"<html>Bad Gateway</html>", 502), "retry", "HTTP 502 Bad Gateway"),
        (Answer(b"", 504), "retry", "HTTP 504 Gateway Timeout"),
        (HANG_UP, "retry", "the connection failed: Remote end closed"),
        (broken_json, "retry", "its answer is not JSON"),
        (truncated, "retry", "its answer was cut short"),
        (stalled(1), "retry", "it did not answer in time"),
    ],
)
def test_a_fault_is_told_for_what_it_is_after_a_single_request(
    feed: AlpacaFeed, server: WireServer, answer: Any, kind: str, reason: str
) -> None:
    server.fail_next(answer, answer)
    fault = fault_of(feed, TEN_MINUTES)
    assert fault.kind == kind
    assert reason in fault.reason
    assert "<" not in fault.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "failure", [Answer(b"", 500), Answer(b"", 429), HANG_UP, broken_json, truncated, stalled(1)]
)
def test_a_page_that_fails_is_asked_for_again_alone(
    feed: AlpacaFeed, server: WireServer, market: Alpaca, failure: Any
) -> None:
    market.page_size = 6
    server.fail_next(None, failure)
    ask = Asking(feed)
    assert bars(feed, TEN_MINUTES, ask)["times"] == times(TEN_MINUTES)
    tokens = [request.query.get("page_token") for request in server.requests]
    assert tokens[0] is None
    assert tokens[1] == tokens[2] != None  # noqa: E711 - a chain
    assert ask.retry_count == 1


def test_a_window_whose_second_page_stays_away_fails(
    feed: AlpacaFeed, server: WireServer, market: Alpaca
) -> None:
    market.page_size = 6
    server.fail_next(None, Answer(b"", 500), Answer(b"", 500))
    assert fault_of(feed, TEN_MINUTES, attempts=2) == Fault(
        "retry", "HTTP 500 Internal Server Error"
    )


def test_what_a_429_says_of_waiting_is_handed_on(feed: AlpacaFeed, server: WireServer) -> None:
    def wait(headers: Mapping[str, str]) -> float:
        server.fail_next(Answer({"message": "too many requests."}, 429, headers))
        fault = fault_of(feed, TEN_MINUTES)
        assert fault.kind == "rate_limited"
        return fault.retry_after or 0

    assert wait({"Retry-After": "7"}) == 7
    assert wait({"Retry-After": "Wed, 12 Jun 2524 13:30:07 GMT"}) > 1e9
    assert wait(rate_headers(0, 20)) == pytest.approx(20, abs=2)
    assert wait({}) == 0


def test_the_rate_limit_headers_of_every_answer_are_told(
    feed: AlpacaFeed, server: WireServer
) -> None:
    ask = Asking(feed)
    server.fail_next(Answer({"message": "oh"}, 500, rate_headers(3, 20)))
    bars(feed, TEN_MINUTES, ask)
    assert [remaining for remaining, _seconds in ask.heard] == [3, 199]
    assert ask.heard[0][1] == pytest.approx(20, abs=2)


def test_a_port_where_nobody_listens_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        feed = connect(connection(f"http://127.0.0.1:{taken.getsockname()[1]}", tmp_path))
        fault = fault_of(feed, TEN_MINUTES)
    assert fault.kind == "retry"
    assert fault.reason == "the connection failed: [Errno 111] Connection refused"


def test_a_certificate_counts_only_by_the_authority_of_ca_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = make_certificates(tmp_path / "ours", ["127.0.0.1"])
    theirs = make_certificates(tmp_path / "theirs", ["127.0.0.1"])
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(theirs.ca))
    server = alpaca_server.start(tls=(ours.certificate, ours.key))
    endpoints = {"base_url": server.url, "trading_base_url": server.url}
    trusting = connect(connection("", tmp_path, endpoints={**endpoints, "ca_file": str(ours.ca)}))
    assert bars(trusting, TEN_MINUTES)["times"] == times(TEN_MINUTES)
    fault = fault_of(connect(connection("", tmp_path, endpoints=endpoints)), TEN_MINUTES)
    server.close()
    assert fault.kind == "failed"
    assert "ca_file" in fault.reason


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


# How it is connected


def test_secrets_are_shown_nowhere(feed: AlpacaFeed, server: WireServer, tmp_path: Path) -> None:
    server.fail_next(Answer({"message": f"no such key {KEY} {SECRET}"}, 401))
    fault = fault_of(feed, TEN_MINUTES)
    assert fault.reason == "HTTP 401 Unauthorized: no such key *** ***"
    assert SECRET not in repr(feed) + repr(vars(feed)["_stocks"])
    # What cannot go into a header would be shown by the error that says so.
    credentials = {"api_key": KEY, "api_secret": SECRET + "\n"}
    with pytest.raises(MisconfiguredError, match="APCA_API_SECRET_KEY holds char") as caught:
        connect(connection(server.url, tmp_path, credentials=credentials))
    assert SECRET not in str(caught.value)


def test_the_feed_of_the_options_is_asked_and_no_other_than_those_there_are(
    server: WireServer, tmp_path: Path
) -> None:
    feed = connect(connection(server.url, tmp_path, options={"feed": "iex"}))
    bars(feed, TEN_MINUTES)
    assert server.requests[0].query["feed"] == "iex"
    with pytest.raises(MisconfiguredError, match=r"feed 'bats'.*expected one of sip, iex, otc"):
        connect(connection(server.url, tmp_path, options={"feed": "bats"}))


def test_a_live_key_is_looked_up_at_the_live_host() -> None:
    from extract.sources._alpaca.client import trading_url

    assert trading_url("AKX") == "https://api.alpaca.markets"
    assert trading_url("PKX") == "https://paper-api.alpaca.markets"


def test_the_module_imports_no_sdk() -> None:
    code = (
        "import sys, extract.sources.alpaca; assert not {'alpaca', 'requests'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("timeframe", TERMS.windows)
def test_a_window_holds_fewer_than_fifty_thousand_bars(timeframe: str) -> None:
    from extract.landing import TIMEFRAMES

    assert TERMS.windows[timeframe] / TIMEFRAMES[timeframe] < 50_000


def test_days_span_the_regular_session_and_minutes_the_extended_one() -> None:
    assert TERMS.session_scope("equity", "1d", {}) == "regular"
    assert TERMS.session_scope("etf", "1m", {}) == "extended"
    assert TERMS.session_scope("crypto", "1d", {}) == "24x7"


def test_a_made_day_of_the_server_is_at_midnight_in_new_york(feed: AlpacaFeed) -> None:
    day = Window(
        "bars",
        AAPL,
        "1d",
        datetime(2024, 6, 12, tzinfo=UTC),
        OPEN.replace(day=13, hour=0, minute=0),
    )
    assert bars(feed, day)["open"] == [made_bar("AAPL", datetime(2024, 6, 12, 4, tzinfo=UTC)).open]
