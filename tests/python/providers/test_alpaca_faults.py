"""What goes wrong with Alpaca, and what becomes of it."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import alpaca_server
import pytest
from alpaca_kit import (  # noqa: F401 - fixtures
    TEN_MINUTES,
    Asking,
    bar,
    bars,
    connection,
    fault_of,
    feed_fixture,
    landed,
    market_fixture,
    page,
    server_fixture,
    times,
)
from alpaca_server import Alpaca, rate_headers
from tls_kit import make_certificates
from wire_kit import HANG_UP, Answer, WireServer, broken_json, stalled, truncated

from extract.api.feed import Fault
from extract.sources._alpaca.feed import AlpacaFeed
from extract.sources.alpaca import connect

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
