"""What goes wrong with Coinbase, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from asking_kit import Asking
from coinbase.api_base import get_logger
from coinbase_kit import (
    asked,
    clear_environment,
    expected,
    fault_of,
    opened,
    window,
)
from coinbase_server import (
    ENVELOPE,
    NO_SCOPE,
    TOO_MANY,
    CoinbaseMarket,
    start,
)
from wire_kit import HANG_UP, Answer, WireServer, broken_json, stalled, truncated

from extract.api.feed import Fault, Feed, Listing


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.fixture
def market() -> CoinbaseMarket:
    return CoinbaseMarket()


@pytest.fixture
def server(market: CoinbaseMarket) -> Iterator[WireServer]:
    server = start(market)
    yield server
    server.close()


@pytest.fixture
def feed(server: WireServer) -> Iterator[Feed]:
    feed = opened(server.url)
    yield feed
    feed.close()


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Answer({"message": "oops"}, 500), "HTTP 500 Internal Server Error: oops"),
        (Answer("<html>", 502), "HTTP 502 Bad Gateway"),
        (broken_json, "an answer that is not JSON"),
        (Answer("<html>login</html>"), "an answer that is not JSON"),
        (truncated, "the connection broke"),
        (HANG_UP, "the connection broke"),
        (Answer({}), "an answer without candles"),
        (ENVELOPE, "an answer without candles: something went wrong"),
        (Answer({"candles": None}), "an answer of an unexpected shape"),
        (Answer({"candles": [None]}), "an answer of an unexpected shape"),
        (Answer({"candles": "none"}), "an answer of an unexpected shape"),
        (Answer([]), "an answer of an unexpected shape"),
        (Answer(["candles"]), "an answer of an unexpected shape"),
        (Answer("null"), "an answer of an unexpected shape"),
    ],
)
def test_a_passing_fault_of_a_later_page_is_asked_again_alone(
    feed: Feed, server: WireServer, failure: Any, reason: str
) -> None:
    wanted, ask = window(hours=12), Asking(feed)
    server.fail_next(None, failure, failure)
    assert asked(feed, wanted, ask) == expected(wanted, timedelta(minutes=1))
    starts = [request.query["start"] for request in server.requests]
    assert [starts.count(one) for one in dict.fromkeys(starts)] == [1, 3, 1]
    assert (ask.turn_count, ask.retry_count) == (5, 2)
    server.fail_next(failure)
    fault = fault_of(feed, wanted)
    assert fault.kind == "retry"
    assert fault.reason.startswith(reason)


def test_a_server_that_says_nothing_is_given_up_in_time(server: WireServer) -> None:
    feed = opened(server.url, timeout=0.2)
    server.fail_next(stalled(1), None)
    wanted = window()
    assert asked(feed, wanted) == expected(wanted, timedelta(minutes=1))
    server.fail_next(stalled(1))
    assert fault_of(feed, wanted) == Fault("retry", "no answer in time")


def test_nobody_there_may_pass(server: WireServer) -> None:
    server.close()
    fault = fault_of(opened(server.url), window())
    assert fault.kind == "retry"
    assert "refused" in fault.reason


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (
            Answer("Unauthorized\n", 401),
            Fault(
                "refused",
                "HTTP 401 Unauthorized (signatures hold for two minutes: is this machine's clock "
                "right?)",
            ),
        ),
        (NO_SCOPE, Fault("not_permitted", "HTTP 403 Forbidden: denied")),
        (Answer("x" * 900, 403), Fault("not_permitted", "HTTP 403 Forbidden")),
        (
            Answer({"error": "x", "error_details": "y" * 900}, 422),
            Fault("failed", f"HTTP 422 Unprocessable Entity: {'y' * 197}..."),
        ),
        (TOO_MANY, Fault("rate_limited", "HTTP 429 Too Many Requests: Too many requests")),
        (Answer({"error": "late"}, 408), Fault("retry", "HTTP 408 Request Timeout: late")),
    ],
)
def test_a_status_says_what_to_do(
    feed: Feed, server: WireServer, answer: Answer, fault: Fault
) -> None:
    server.fail_next(answer)
    assert fault_of(feed, window()) == fault


def test_an_unknown_product_fails_with_what_coinbase_says(feed: Feed) -> None:
    nope = Listing("NOPE/USD", "NOPE-USD", "crypto", "CRYPTO", "USD")
    assert fault_of(feed, window(listing=nope), attempts=3) == Fault(
        "failed", "HTTP 404 Not Found: valid product_id is required"
    )


def test_a_range_that_coinbase_refuses_fails_with_its_words(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extract.sources._coinbase.feed._BUCKETS", 350)
    fault = fault_of(feed, window(days=1))
    assert fault.kind == "failed"
    assert fault.reason.endswith("number of candles requested should be less than 350")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2"}, 2),
        ({"x-ratelimit-remaining": "5", "x-ratelimit-reset": "2"}, None),
        ({"x-ratelimit-reset": "never"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(
    feed: Feed, server: WireServer, headers: dict[str, str], seconds: float | None
) -> None:
    server.fail_next(Answer(TOO_MANY.body, 429, headers))
    fault = fault_of(feed, window())
    assert (fault.kind, fault.retry_after) == ("rate_limited", seconds)


def test_a_rate_limit_may_name_an_instant(feed: Feed, server: WireServer) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=5)
    for headers in (
        {"Retry-After": format_datetime(moment, usegmt=True)},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(moment.timestamp()))},
    ):
        server.fail_next(Answer(TOO_MANY.body, 429, headers))
        assert fault_of(feed, window()).retry_after == pytest.approx(300, abs=60)


def test_rate_limit_headers_are_passed_on(market: CoinbaseMarket, server: WireServer) -> None:
    feed = opened(server.url)
    ask = Asking(feed)
    market.headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}
    asked(feed, window(hours=9), ask)
    market.headers = {"x-ratelimit-remaining": "-", "x-ratelimit-reset": "1"}
    asked(feed, window(), ask)
    market.headers = {}
    asked(feed, window(), ask)
    assert ask.rates == [(0, 1.0), (0, 1.0)]


def test_errors_of_the_sdk_stay_off_the_screen(
    server: WireServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    get_logger("coinbase.RESTClient")  # what importing the SDK does
    server.fail_next(Answer({"message": "oops"}, 500))
    asked(opened(server.url), window())
    assert (capsys.readouterr().err, caplog.records) == ("", [])
