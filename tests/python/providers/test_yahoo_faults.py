"""Nothing there, unknown and failed are three things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from wire_kit import HANG_UP, Answer, Failure, broken_json, stalled, truncated
from yahoo_kit import NOW, Yahoo, editing, opened, windowed
from yahoo_server import NOT_FOUND, TOO_MANY, failing

from extract.api.feed import FaultError
from extract.sources.yahoo import TERMS


@pytest.fixture
def yahoo(tmp_path: Path) -> Iterator[Yahoo]:
    with opened(tmp_path) as made:
        yield made


def test_a_window_without_a_bar_is_empty(yahoo: Yahoo) -> None:
    assert yahoo.bars("NVDA", "1d", "2024-06-08", "2024-06-10") == []
    assert yahoo.bars("NVDA", "1m", "2024-06-08", "2024-06-09") == []


def test_a_window_before_the_first_bar_is_empty_and_costs_one_request(yahoo: Yahoo) -> None:
    yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-11")
    before = len(yahoo.server.wire.requests)
    assert yahoo.bars("NVDA", "1d", "1970-01-01", "1980-01-01") == []
    assert len(yahoo.server.wire.requests) == before + 1


@pytest.mark.parametrize("known_zone", [False, True])
def test_an_unknown_symbol_fails_with_yahoos_words(yahoo: Yahoo, known_zone: bool) -> None:
    yahoo.server.fail_charts(*([None] if known_zone else []), NOT_FOUND)
    with pytest.raises(FaultError, match="unknown symbol: No data found") as caught:
        yahoo.bars("GONE", "1d", "2024-06-06", "2024-06-12", attempts=3)
    assert caught.value.fault.kind == "failed"
    # yfinance would ask four other addresses whether they know it, and each twice.
    assert len(yahoo.server.charts) == 1 + known_zone
    assert set(yahoo.server.hosts) == {
        "fc.yahoo.com",
        "query1.finance.yahoo.com",
        "query2.finance.yahoo.com",
    }


def test_an_error_with_the_status_of_a_success_fails(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, replace(NOT_FOUND, status=200))
    with pytest.raises(FaultError, match="unknown symbol"):
        yahoo.bars("GONE", "1d", "2024-06-06", "2024-06-12")


@pytest.mark.parametrize(
    ("start_at", "end_at", "words"),
    [
        ("2024-05-01", "2024-05-02", "HTTP 422.*must be within the last 30 days"),
        ("2024-06-01", "2024-06-12", "HTTP 422.*Only 8 days worth"),
    ],
)
def test_a_range_beyond_yahoos_limits_fails_with_yahoos_words(
    yahoo: Yahoo, start_at: str, end_at: str, words: str
) -> None:
    with pytest.raises(FaultError, match=words) as caught:
        yahoo.bars("NVDA", "1m", start_at, end_at, attempts=3)
    assert caught.value.fault.kind == "failed"
    assert len(yahoo.server.charts) == 2


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h"])
def test_the_terms_keep_away_from_yahoos_limits(yahoo: Yahoo, timeframe: str) -> None:
    back = TERMS.reach(timeframe)
    assert back is not None
    start_at = NOW - back
    end_at = min(NOW, start_at + TERMS.windows[timeframe])
    assert yahoo.bars("NVDA", timeframe, f"{start_at:%F %T}", f"{end_at:%F %T}")


FAILURES: dict[str, Failure] = {
    "500": Answer("<html>oops</html>", 500),
    "502 with Yahoo's words": failing(502, "Bad Gateway", "upstream"),
    "cut off": truncated,
    "broken JSON": broken_json,
    "too late": stalled(0.6),
    "a web page": Answer("<html>Will be right back...</html>"),
    "no result": Answer({"chart": {"result": None, "error": None}}),
    "no results": Answer({"chart": {"result": [], "error": None}}),
    "nothing about the symbol": Answer(
        {"chart": {"result": [{"meta": {}, "indicators": {"quote": [{}]}}], "error": None}}
    ),
    "something else": Answer({"finance": {}}),
    "a list": Answer([]),
}


@pytest.mark.parametrize("chart", [0, 1], ids=["time zone", "window"])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_failing_answer_is_asked_for_again_and_never_empty(
    tmp_path: Path, failure: Failure, chart: int
) -> None:
    with opened(tmp_path, timeout=0.3) as yahoo:
        window = windowed("NVDA", "1d", "2024-06-06", "2024-06-12")
        yahoo.server.fail_charts(*[None] * chart, failure)
        with pytest.raises(FaultError) as caught:
            list(yahoo.feed.bars(window, yahoo.ask(attempts=1)))
        assert caught.value.fault.kind == "retry"
        assert len(yahoo.server.charts) == chart + 1
        yahoo.server.fail_charts(failure)
        caller = yahoo.ask(attempts=2)
        (page,) = yahoo.feed.bars(window, caller)
        assert (len(page.times), caller.retry_count) == (4, 1)


def test_a_lost_connection_is_no_empty_answer(yahoo: Yahoo) -> None:
    # An open connection that is lost is not yet an error: curl opens another and asks again.
    yahoo.server.fail_charts(None, HANG_UP, HANG_UP)
    with pytest.raises(FaultError) as caught:
        yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")
    assert caught.value.fault.kind == "retry"
    assert yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")


def test_a_failure_says_what_it_was(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(Answer("", 503, {"Retry-After": "9"}))
    with pytest.raises(FaultError, match=r"^HTTP 503 Service Unavailable$") as caught:
        yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")
    assert caught.value.fault.retry_after == 9
    yahoo.server.fail_charts(HANG_UP, HANG_UP)
    with pytest.raises(FaultError, match=r"^curl: \(\d+\) [^\n]+[^.]\.?$"):
        yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")


def test_too_many_requests_slow_down_and_are_not_made_again_at_once(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, replace(TOO_MANY, headers={"Retry-After": "7"}))
    with pytest.raises(FaultError) as caught:
        yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")
    assert (caught.value.fault.kind, caught.value.fault.retry_after) == ("rate_limited", 7)
    assert len(yahoo.server.charts) == 2
    assert yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")


def test_bars_of_another_length_than_asked_for_fail(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda r: r["meta"].update(dataGranularity="1d")))
    with pytest.raises(FaultError, match="Yahoo gave 1d bars; asked for 5m"):
        yahoo.bars("NVDA", "5m", "2024-06-12", "2024-06-13")


def test_prices_in_another_currency_than_the_listings_fail(yahoo: Yahoo) -> None:
    with pytest.raises(FaultError, match=r"Yahoo quotes VOD.L in GBX, the listing is in GBP"):
        yahoo.bars("VOD.L", "1d", "2024-06-10", "2024-06-12", currency="GBP")
    assert yahoo.bars("VOD.L", "1d", "2024-06-10", "2024-06-12", currency="GBX")


def test_a_chart_that_yfinance_cannot_read_fails(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda result: result["meta"].pop("tradingPeriods")))
    with pytest.raises(FaultError, match="KeyError: 'tradingPeriods'"):
        yahoo.bars("NVDA", "5m", "2024-06-12", "2024-06-13")


def test_a_chart_with_times_and_no_prices_fails(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda r: r["indicators"].update(quote=[{}])))
    with pytest.raises(FaultError, match="no price data found"):
        yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
