"""Bars of Interactive Brokers: the real SDK against a made-up TWS over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from ib_kit import (
    AAPL,
    DAY,
    EURUSD,
    SPX,
    bars_of,
    fault_of,
    feed_of,
    made,
    pages_of,
    until,
    window,
)
from market_kit import made_bar
from tws_market import Market
from tws_server import TwsServer, serving_tws
from tws_wire import BARS, CANCEL_HEAD, DETAILS, HEAD, START, error, rows, wire_bar

from extract.api.feed import Feed, Listing
from extract.sources.interactive_brokers import TERMS


@pytest.fixture
def server() -> Iterator[TwsServer]:
    with serving_tws() as server:
        yield server


@pytest.fixture
def feed(server: TwsServer) -> Iterator[Feed]:
    with feed_of(server) as feed:
        yield feed


@pytest.mark.parametrize("counts_sessions", [True, False])
@pytest.mark.parametrize("timeframe", TERMS.windows)
def test_a_full_window_is_every_bar_once(timeframe: str, counts_sessions: bool) -> None:
    market = Market(counts_sessions=counts_sessions)
    start_at = datetime(2023, 6, 1, tzinfo=UTC)
    wanted = window(timeframe, start_at=start_at, end_at=start_at + TERMS.windows[timeframe])
    with serving_tws(market) as server, feed_of(server) as feed:
        assert bars_of(feed, wanted) == made(wanted)
        if counts_sessions:
            assert len(server.of(BARS)) == 1


def test_bars_are_numbers_with_starts_in_aware_utc(feed: Feed) -> None:
    (page,) = pages_of(feed, window())
    bar = made_bar("AAPL", DAY + timedelta(hours=13, minutes=30))
    assert (page.time_form, page.number_form) == ("instant", "number")
    assert (page.times[0], page.times[0].tzinfo) == (bar.start_at, UTC)
    activity = [column[0] for column in (page.volume, page.vwap, page.trade_count)]
    assert activity == [bar.volume, bar.vwap, bar.trade_count]


def test_bars_of_a_day_bear_its_date(feed: Feed, server: TwsServer) -> None:
    (page,) = pages_of(feed, window("1d", days=5))
    assert page.time_form == "date"
    assert page.times == [date(2024, 6, 6), date(2024, 6, 7), date(2024, 6, 10)]


def test_windows_end_in_utc_and_ask_for_a_day_more(feed: Feed, server: TwsServer) -> None:
    pages_of(feed, window(start_at=DAY + timedelta(hours=14), minutes=45))
    assert server.of(BARS)[0].fields[15:21] == [
        *("20240606 14:45:00 UTC", "1 min", "2 D", "1", "TRADES", "2")
    ]


def test_bars_before_the_window_are_left_out(feed: Feed) -> None:
    wanted = window(start_at=DAY + timedelta(hours=14), minutes=45)
    found = bars_of(feed, wanted)
    assert len(found) == 45
    assert found == made(wanted)


@pytest.mark.parametrize("most", [1, 7, 1000])
def test_an_answer_that_does_not_reach_back_is_continued(most: int) -> None:
    wanted = window(start_at=DAY + timedelta(hours=14), minutes=20)
    if most == 1000:
        wanted = window(days=5)
    with serving_tws(Market(most=most)) as server, feed_of(server) as feed:
        assert bars_of(feed, wanted) == made(wanted)
        assert len(server.of(BARS)) > 1


def test_an_answer_that_never_reaches_back_is_told(feed: Feed, server: TwsServer) -> None:
    later = wire_bar(made_bar("AAPL", DAY + timedelta(days=2)))
    server.fail_next(BARS, rows(later))
    fault = fault_of(feed)
    assert (fault.kind, "does not reach back" in fault.reason) == ("failed", True)


def test_a_bar_after_the_window_is_handed_on_to_be_rejected(feed: Feed, server: TwsServer) -> None:
    wanted = window(start_at=DAY + timedelta(hours=14), minutes=1)
    bars = [made_bar("AAPL", wanted.start_at + timedelta(minutes=n)) for n in (0, 1)]
    server.fail_next(BARS, rows(*map(wire_bar, bars)))
    assert [row[0] for row in bars_of(feed, wanted)] == [bar.start_at for bar in bars]


def test_an_unsorted_answer_is_read_as_a_sorted_one(feed: Feed, server: TwsServer) -> None:
    wanted = window(start_at=DAY + timedelta(hours=14), minutes=3)
    bars = [made_bar("AAPL", wanted.start_at + timedelta(minutes=n)) for n in (2, 0, 1, -5)]
    server.fail_next(BARS, rows(*map(wire_bar, bars)))
    assert bars_of(feed, wanted) == made(wanted)
    assert len(server.of(BARS)) == 1


def test_minus_one_stands_for_no_value(feed: Feed, server: TwsServer) -> None:
    wanted = window(start_at=DAY, minutes=2)
    start = int(DAY.timestamp())
    prices = ["1", "2", "0.5", "1.5"]
    without, whole = [start, *prices, "-1", "-1", "-1"], [start + 60, *prices, "5", "1.2", "3"]
    server.fail_next(BARS, rows(without), rows(without, whole))
    (page,) = pages_of(feed, wanted)
    assert (page.volume, page.vwap, page.trade_count) == (None, [None], [None])
    (page,) = pages_of(feed, wanted)
    assert (page.volume, page.vwap, page.trade_count) == ([None, 5], [None, 1.2], [None, 3])


def test_a_fraction_of_a_share_is_kept(feed: Feed, server: TwsServer) -> None:
    row = [int(DAY.timestamp()), "1", "2", "0.5", "1.5", "0.00000001", "1.2", "1"]
    server.fail_next(BARS, rows(row))
    (page,) = pages_of(feed, window(minutes=1))
    assert page.volume == [1e-8]


def test_currencies_are_midpoints_without_volume(feed: Feed, server: TwsServer) -> None:
    wanted = window("1h", EURUSD, days=5)
    (page,) = pages_of(feed, wanted)
    assert (page.volume, page.vwap, page.trade_count) == (None, None, None)
    assert bars_of(feed, wanted) == made(wanted, "all")
    fields = server.of(DETAILS)[0].fields
    assert (fields[4], fields[5], fields[10], fields[12]) == ("EUR", "CASH", "IDEALPRO", "USD")
    assert server.of(BARS)[0].fields[18:20] == ["0", "MIDPOINT"]


def test_a_session_of_currencies_that_goes_on_at_the_end_is_left_to_the_next_window(
    feed: Feed,
) -> None:
    # At midnight UTC before the 11th its session has been open for two hours.
    (page,) = pages_of(feed, window("1d", EURUSD, days=5))
    assert page.times == [date(2024, 6, 6), date(2024, 6, 7), date(2024, 6, 10)]


@pytest.mark.parametrize(
    ("listing", "timeframe", "hours"),
    [(AAPL, "1m", "extended"), (AAPL, "1d", "regular"), (SPX, "1m", "regular")],
)
def test_extended_hours_are_for_parts_of_a_day_of_stocks(
    server: TwsServer, listing: Listing, timeframe: str, hours: str
) -> None:
    wanted = window(timeframe, listing, days=2)
    with feed_of(server, extended_hours=True) as feed:
        assert bars_of(feed, wanted) == made(wanted, hours)
    assert server.of(BARS)[0].fields[18] == ("0" if hours == "extended" else "1")
    scope = TERMS.session_scope(listing.asset_class, timeframe, {"extended_hours": True})
    assert scope == hours


def test_no_data_is_an_empty_window(feed: Feed, server: TwsServer) -> None:
    saturday = window(start_at=DAY + timedelta(days=2), days=1)
    assert pages_of(feed, saturday) == []
    server.fail_next(BARS, rows())
    assert pages_of(feed, window()) == []


def test_windows_before_the_history_of_a_symbol_are_not_asked_for() -> None:
    with serving_tws(Market(DAY)) as server, feed_of(server) as feed:
        for days in (30, 20, 10):
            start_at = DAY - timedelta(days=days)
            assert pages_of(feed, window(start_at=start_at, days=5)) == []
        assert (len(server.of(BARS)), len(server.of(HEAD))) == (1, 1)
        until(lambda: server.of(CANCEL_HEAD))
        wanted = window(start_at=DAY - timedelta(days=3), days=5)
        assert bars_of(feed, wanted) == made(wanted, market=server.market)


def test_a_symbol_whose_first_date_is_not_known_is_asked_for_every_window() -> None:
    with serving_tws(Market(DAY)) as server, feed_of(server) as feed:
        server.fail_next(HEAD, error(162, "No head time stamp"))
        for days in (30, 20, 10):
            start_at = DAY - timedelta(days=days)
            assert pages_of(feed, window(start_at=start_at, days=5)) == []
        assert (len(server.of(BARS)), len(server.of(HEAD))) == (3, 1)


def test_nothing_is_asked_of_the_account(feed: Feed, server: TwsServer) -> None:
    pages_of(feed, window())
    assert [message.kind for message in server.messages] == [START, DETAILS, BARS]
