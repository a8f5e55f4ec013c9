"""What goes wrong with Polygon, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from asking_kit import Asking
from polygon_kit import (
    DAY,
    aggregate,
    answer_of,
    asked,
    expected,
    fault_of,
    opened,
    window,
)
from polygon_server import (
    ENVELOPE,
    NOT_IN_PLAN,
    TOO_MANY,
    UNKNOWN_KEY,
    PolygonMarket,
    error,
    start,
)
from wire_kit import HANG_UP, Answer, WireServer, broken_json, stalled, truncated

from extract.api.feed import Fault, Feed


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


PASSING = [
    (Answer({"status": "ERROR", "error": "oops"}, 500), "HTTP 500 Internal Server Error: oops"),
    (Answer("<html>", 502), "HTTP 502 Bad Gateway"),
    (broken_json, "an answer that is not JSON"),
    (Answer("<html>login</html>"), "an answer that is not JSON"),
    (Answer(b"\xff\xfe"), "an answer that is not JSON"),
    (truncated, "the connection broke (IncompleteRead("),
    (HANG_UP, "the connection broke (Remote end closed connection"),
    (ENVELOPE, "an answer with status 'ERROR': something went wrong"),
    (Answer({"results": []}), "an answer with status None"),
    (Answer({"status": "OK", "resultsCount": 0, "results": None}), "an answer without results"),
    (Answer({"status": "OK"}), "an answer without results"),
    (Answer({"status": "OK", "resultsCount": 2}), "an answer without results"),
    (answer_of(aggregate(), resultsCount=2), "an answer with 1 of 2 results"),
    (answer_of(aggregate(), None), "an answer with a result that is not a record"),
    (answer_of(aggregate(), next_url="https://api.polygon.io/v2"), "an answer whose next page"),
    (Answer([]), "an answer that is not an object"),
    (Answer("null"), "an answer that is not an object"),
]


@pytest.mark.parametrize(("failure", "reason"), PASSING)
def test_a_passing_fault_of_a_later_page_is_asked_again_alone(
    feed: Feed, market: PolygonMarket, server: WireServer, failure: Any, reason: str
) -> None:
    market.most_base = 4
    ask = Asking(feed)
    server.fail_next(None, failure, failure)
    assert asked(feed, window(), ask) == expected(window())
    targets = [request.target for request in server.requests]
    assert [targets.count(one) for one in dict.fromkeys(targets)] == [1, 3, 1]
    assert (ask.turn_count, ask.retry_count) == (5, 2)
    server.fail_next(failure)
    fault = fault_of(feed, window())
    assert fault.kind == "retry"
    assert fault.reason.startswith(reason)


def test_a_server_that_says_nothing_is_given_up_in_time(server: WireServer) -> None:
    feed = opened(server.url, timeout=0.2)
    server.fail_next(stalled(1), None)
    assert asked(feed, window()) == expected(window())
    server.fail_next(stalled(1))
    assert fault_of(feed, window()) == Fault("retry", "no answer in time")


def test_nobody_there_may_pass(server: WireServer) -> None:
    server.close()
    fault = fault_of(opened(server.url), window())
    assert fault.kind == "retry"
    assert fault.reason.startswith("no connection ([Errno")


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (UNKNOWN_KEY, Fault("refused", "HTTP 401 Unauthorized: Unknown API Key")),
        (
            NOT_IN_PLAN,
            Fault(
                "not_permitted",
                "HTTP 403 Forbidden: Your plan doesn't include this data timeframe. Please upgrade "
                "your plan at https://polygon.io/pricing",
            ),
        ),
        (Answer("<html>blocked", 403), Fault("failed", "HTTP 403 Forbidden")),
        (
            Answer({**NOT_IN_PLAN.body, "message": "No"}),
            Fault("not_permitted", "an answer with status 'NOT_AUTHORIZED': No"),
        ),
        (
            error(400, "ERROR", error="y" * 900),
            Fault("failed", f"HTTP 400 Bad Request: {'y' * 197}..."),
        ),
        (error(404, "NOT_FOUND"), Fault("failed", "HTTP 404 Not Found")),
        (error(499, "ERROR"), Fault("retry", "HTTP 499 Unknown")),
        (Answer("x", 302, {"Location": "http://127.0.0.1:1/"}), Fault("failed", "HTTP 302 Found")),
    ],
)
def test_a_status_says_what_to_do(
    feed: Feed, server: WireServer, answer: Answer, fault: Fault
) -> None:
    server.fail_next(answer)
    found = fault_of(feed, window())
    assert found.kind == fault.kind
    assert found.reason.removesuffix(" Unknown") == fault.reason.removesuffix(" Unknown")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(
    feed: Feed, server: WireServer, status: int, headers: dict[str, str], seconds: float | None
) -> None:
    server.fail_next(Answer(TOO_MANY.body, status, headers))
    fault = fault_of(feed, window())
    assert fault.kind == ("rate_limited" if status == 429 else "retry")
    assert fault.retry_after == seconds
    assert "exceeded the maximum requests per minute" in fault.reason
    assert len(server.requests) == 1


def test_a_rate_limit_may_name_an_instant(feed: Feed, server: WireServer) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
    server.fail_next(Answer(TOO_MANY.body, 429, {"Retry-After": moment}))
    assert fault_of(feed, window()).retry_after == pytest.approx(300, abs=60)


def test_a_window_before_the_plan_begins_is_not_permitted(
    feed: Feed, market: PolygonMarket
) -> None:
    market.plan_starts_at = int(DAY.timestamp() * 1000)
    assert fault_of(feed, window(start_at=DAY - timedelta(days=30))).kind == "not_permitted"
    assert asked(feed, window()) == expected(window())


def test_an_unknown_exception_is_a_failure_without_its_words(feed: Feed) -> None:
    assert feed.fault(ValueError("Bearer GOODKEY")) == Fault("failed", "ValueError while asking")
