"""How Alpaca is connected, and its terms."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alpaca_kit import (  # noqa: F401 - fixtures
    AAPL,
    OPEN,
    TEN_MINUTES,
    bars,
    connection,
    fault_of,
    feed_fixture,
    market_fixture,
    server_fixture,
)
from alpaca_server import KEY, SECRET
from market_kit import made_bar
from wire_kit import Answer, WireServer

from extract.api.feed import Window
from extract.providers import MisconfiguredError
from extract.sources._alpaca.feed import AlpacaFeed
from extract.sources.alpaca import TERMS, connect

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
