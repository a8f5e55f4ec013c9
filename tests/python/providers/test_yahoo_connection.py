"""Cookies, crumbs, turns, threads and what yfinance remembers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yfinance.cache
from wire_kit import HANG_UP, Answer, Failure, stalled
from yahoo_kit import Yahoo, opened, put, windowed
from yahoo_market import daily_bar
from yahoo_server import TOO_MANY, failing

from extract.api.feed import BarColumns, FaultError
from extract.sources.yahoo import TERMS


@pytest.fixture
def yahoo(tmp_path: Path) -> Iterator[Yahoo]:
    with opened(tmp_path) as made:
        yield made


def test_the_same_window_is_asked_for_again_and_not_remembered(yahoo: Yahoo) -> None:
    (before,) = yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    yahoo.server.fail_charts(put("close", 0, 12.5))
    (after,) = yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    assert (len(yahoo.server.charts), after.close[0]) == (3, "12.5")
    assert after.close[1] == before.close[1]


def test_every_request_takes_a_turn(yahoo: Yahoo) -> None:
    caller = yahoo.ask()
    list(yahoo.feed.bars(windowed("NVDA", "1d", "2024-06-10", "2024-06-12"), caller))
    assert caller.turns == len(yahoo.server.wire.requests) == 4


def test_a_stale_crumb_is_replaced(yahoo: Yahoo) -> None:
    yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    yahoo.server.forget_crumbs()
    assert yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")


def test_a_crumb_that_is_never_right_is_no_empty_answer(yahoo: Yahoo) -> None:
    invalid = failing(401, "Unauthorized", "Invalid Crumb")
    yahoo.server.fail_charts(None, invalid, invalid)
    with pytest.raises(FaultError, match="HTTP 401 Unauthorized: Invalid Crumb") as caught:
        yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    assert caught.value.fault.kind == "retry"


def test_a_yahoo_that_lets_nobody_in_is_refusing(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(Answer("<html>no</html>", 403), Answer("<html>no</html>", 403))
    with pytest.raises(FaultError, match="HTTP 403 Forbidden") as caught:
        yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    assert caught.value.fault.kind == "refused"


@pytest.mark.parametrize(
    "failure",
    [Answer("oops", 500), TOO_MANY, HANG_UP, stalled(0.6)],
    ids=["500", "429", "lost", "too late"],
)
def test_bars_come_without_a_crumb(tmp_path: Path, failure: Failure) -> None:
    with opened(tmp_path, timeout=0.3) as yahoo:
        yahoo.server.wire.fail_next(None, failure, None, failure)
        assert yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
        assert all("crumb" not in chart.query for chart in yahoo.server.charts)


def test_bars_come_without_a_cookie(tmp_path: Path) -> None:
    with opened(tmp_path, timeout=0.3) as yahoo:
        yahoo.server.wire.fail_next(stalled(0.6))
        assert yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")


def test_a_second_feed_gets_along_with_the_cookies_of_the_first(yahoo: Yahoo) -> None:
    yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    yahoo.feed.close()
    yahoo.server.forget_crumbs()
    yahoo.feed = yahoo.connect()
    assert yahoo.bars("AAPL", "1d", "2024-06-10", "2024-06-12")


def test_threads_get_the_bars_they_asked_for(yahoo: Yahoo) -> None:
    currencies = {"NVDA": "USD", "BHP.AX": "AUD", "VOD.L": "GBX", "BRK.B": "USD"}
    symbols = [*currencies] * 4
    yahoo.server.fail_charts(*[stalled(0.01), None, stalled(0.02)] * len(symbols))

    def fetch(symbol: str) -> list[BarColumns]:
        return yahoo.bars(symbol, "1d", "2024-06-10", "2024-06-12", currency=currencies[symbol])

    with ThreadPoolExecutor(len(symbols)) as pool:
        pages = list(pool.map(fetch, symbols))
    for symbol, (page,) in zip(symbols, pages, strict=True):
        made = [daily_bar(TERMS.spell(symbol, "equity"), day) for day in page.times]
        assert [float(text) for text in page.close] == [bar.close for bar in made]
        assert page.volume == [str(bar.volume) for bar in made]


def test_caches_are_kept_in_the_providers_folder(yahoo: Yahoo) -> None:
    yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    folder = yahoo.folder / "cache"
    assert (folder / "tkr-tz.db").exists()
    assert (folder / "cookies.db").exists()
    assert Path(yfinance.cache.get_tz_cache().db.database).parent == folder


def test_the_module_can_be_read_without_the_sdk() -> None:
    code = (
        "import sys, extract.sources.yahoo; "
        "sys.exit(bool({'yfinance', 'curl_cffi'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
