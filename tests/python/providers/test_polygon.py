"""Bars of the Polygon provider: the real SDK against a made-up Polygon over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from asking_kit import Asking
from polygon import RESTClient
from polygon_kit import (
    AAPL,
    AROUND_THE_CLOCK,
    BTC,
    DAY,
    EUR,
    OPEN,
    actions_window,
    aggregate,
    answer_of,
    asked,
    expected,
    fault_of,
    landed,
    opened,
    window,
)
from polygon_server import (
    NOT_IN_PLAN,
    PolygonMarket,
    start,
)
from wire_kit import WireServer

from extract.api.feed import Fault, FaultError, Feed, Listing, Window
from extract.sources.polygon import TERMS


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


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h", "1d"])
@pytest.mark.parametrize("listing", [AAPL, BTC])
def test_a_window_is_every_bar_once_in_one_request(
    feed: Feed, server: WireServer, timeframe: str, listing: Listing
) -> None:
    wanted = window(timeframe, DAY, listing, days=7)
    found = asked(feed, wanted)
    if timeframe == "1d" and listing is AAPL:
        assert [row["t"] for row in found][:1] == [
            int((DAY + timedelta(hours=4)).timestamp()) * 1000
        ]
        assert len(found) == 5
    else:
        assert found == expected(wanted)
        assert len(found) > 5
    assert len(server.requests) == 1


def test_the_longest_window_of_minutes_around_the_clock_is_one_request(
    feed: Feed, server: WireServer
) -> None:
    wanted = Window("bars", BTC, "1m", DAY, DAY + TERMS.windows["1m"])
    assert len(asked(feed, wanted)) == 31 * 1440
    assert len(server.requests) == 1


def test_stocks_are_asked_for_as_traded_with_both_ends_inclusive(
    feed: Feed, server: WireServer
) -> None:
    asked(feed, window())
    asked(feed, window("1d", DAY, days=2))
    first, last = 1718199000000, 1718199600000
    head = "/v2/aggs/ticker/AAPL/range/1"
    assert [request.path for request in server.requests] == [
        f"{head}/minute/{first}/{last - 1}",
        f"{head}/day/2024-06-12/2024-06-13",
    ]
    assert server.requests[0].query == {"adjusted": "false", "sort": "asc", "limit": "50000"}


def test_nobody_adjusts_a_pair_and_so_it_is_not_asked_for(feed: Feed, server: WireServer) -> None:
    assert len(asked(feed, window(listing=EUR))) == 10
    assert "adjusted" not in server.requests[0].query
    server.fail_next(answer_of(aggregate(), adjusted=True))
    assert len(asked(feed, window(listing=BTC))) == 1


def test_days_of_stocks_are_the_dates_of_new_york(feed: Feed) -> None:
    found, rejects = landed(feed, window("1d", DAY, days=7))
    assert [row["session_date"].day for row in found] == [12, 13, 14, 17, 18]
    assert not rejects
    winter, rejects = landed(feed, window("1d", datetime(2024, 1, 2, tzinfo=UTC), days=4))
    assert [row["session_date"].day for row in winter] == [2, 3, 4, 5]
    assert not rejects


def test_days_of_crypto_are_those_of_utc(feed: Feed) -> None:
    found, rejects = landed(feed, window("1d", DAY, BTC, days=3), AROUND_THE_CLOCK)
    assert [row["bar_start_at"] for row in found] == [DAY + timedelta(days=n) for n in range(3)]
    assert not rejects


def test_days_of_currencies_are_refused_as_they_are_no_sessions(
    feed: Feed, server: WireServer
) -> None:
    fault = fault_of(feed, window("1d", DAY, EUR, days=3))
    assert fault.kind == "failed"
    assert "UTC days" in fault.reason
    assert server.requests == []


def test_hours_from_half_past_do_not_bring_the_hour_before(feed: Feed) -> None:
    found = asked(feed, window("1h", OPEN, hours=3))
    assert found == expected(window("1h", OPEN + timedelta(minutes=30), hours=3))


def test_a_window_without_a_whole_bar_is_empty_without_a_request(
    feed: Feed, server: WireServer
) -> None:
    assert asked(feed, window("1h", OPEN, minutes=20)) == []
    assert server.requests == []


def test_values_come_through_as_they_were_written(feed: Feed, server: WireServer) -> None:
    server.fail_next(answer_of(aggregate(v=1e-8, o=1, n=None, vw=None), aggregate(1)))
    first, _ = asked(feed, window())
    assert (first["v"], first["o"], first["n"], first["vw"]) == (1e-8, 1, None, None)
    bare = {name: value for name, value in aggregate().items() if name not in ("vw", "n")}
    server.fail_next(answer_of(bare))
    (found,), rejects = landed(feed, window())
    assert (found["vwap"], found["trade_count"]) == (None, None)
    server.fail_next(answer_of(aggregate(v=1e-8)))
    (found,), _ = landed(feed, window())
    assert found["volume"] == Decimal("0.00000001")
    assert not rejects


def test_a_bar_without_a_price_is_told_and_the_rest_lands(feed: Feed, server: WireServer) -> None:
    server.fail_next(answer_of(aggregate(c=None), {"t": aggregate(1)["t"]}, aggregate(2)))
    found, rejects = landed(feed, window())
    assert [row["bar_start_at"].minute for row in found] == [32]
    assert [reject.column for reject in rejects] == ["close", "open"]


def test_a_bar_of_another_year_does_not_land(feed: Feed, server: WireServer) -> None:
    server.fail_next(answer_of(aggregate(t=1486132200000), aggregate()))
    found, (reject,) = landed(feed, window())
    assert len(found) == 1
    assert "lies outside" in reject.reason


def test_newest_first_and_doubled_bars_land_once_in_order(feed: Feed, server: WireServer) -> None:
    server.fail_next(answer_of(*[aggregate(minute) for minute in (2, 1, 0, 0, 1, 2)]))
    found, rejects = landed(feed, window())
    assert [row["bar_start_at"].minute for row in found] == [30, 31, 32]
    assert not rejects


def test_a_delayed_plan_is_as_good(feed: Feed, market: PolygonMarket) -> None:
    market.status = "DELAYED"
    assert asked(feed, window()) == expected(window())


def test_a_ticker_stays_inside_the_path(feed: Feed, server: WireServer) -> None:
    odd = Listing("A/B?c", "A/B?c", "equity", "XNAS", "USD")
    asked(feed, window(listing=odd))
    assert server.requests[0].path.startswith("/v2/aggs/ticker/A%2FB%3Fc/range/1/minute/")


def test_threads_share_a_feed(server: WireServer, caplog: pytest.LogCaptureFixture) -> None:
    feed = opened(server.url)
    wanted = [window(start_at=OPEN + timedelta(minutes=10 * n)) for n in range(16)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: asked(feed, one), wanted))
    assert found == [expected(one) for one in wanted]
    # There is a connection for each of them.
    assert "pool is full" not in caplog.text


def test_pages_are_followed_here_and_each_takes_a_turn(
    feed: Feed, market: PolygonMarket, server: WireServer
) -> None:
    market.most_base = 20
    wanted, ask = window("5m", hours=2), Asking(feed)
    assert asked(feed, wanted, ask) == expected(wanted)
    assert len(server.requests) == ask.turn_count == 6


def test_every_page_is_asked_for_as_traded(
    feed: Feed, market: PolygonMarket, server: WireServer
) -> None:
    market.most_base = 4
    assert asked(feed, window()) == expected(window())
    assert [request.query["adjusted"] for request in server.requests] == ["false"] * 3
    client = RESTClient("GOODKEY", base=server.url)
    first, last = 1718199000000, 1718199599999
    by_itself = list(client.list_aggs("AAPL", 1, "minute", first, last, adjusted=False))
    assert [bar.open for bar in by_itself] != [row["o"] for row in expected(window())]


def test_restated_prices_are_refused(feed: Feed, market: PolygonMarket, server: WireServer) -> None:
    market.most_base = 4
    server.fail_next(None, answer_of(aggregate(), adjusted=True))
    assert fault_of(feed, window(), attempts=3) == Fault(
        "failed", "it restated prices that were asked for as traded"
    )


def test_pages_in_a_circle_end(feed: Feed, server: WireServer) -> None:
    around = answer_of(aggregate(), next_url="https://x/v2/aggs/ticker/A/range/1/m/1/2?cursor=a")
    server.fail_next(around, around, around)
    assert fault_of(feed, window()) == Fault("failed", "its pages lead in a circle")


# Empty answers


@pytest.mark.parametrize("dataset", ["bars", "actions"])
def test_an_unknown_ticker_is_not_taken_as_one_without_trades(
    feed: Feed, server: WireServer, dataset: str
) -> None:
    nope = Listing("NOPE", "NOPE", "equity", "XNAS", "USD")

    def ask_for_it() -> None:
        if dataset == "bars":
            list(feed.bars(window(listing=nope), Asking(feed)))
        else:
            feed.actions(actions_window(nope), Asking(feed))

    for _ in range(2):
        with pytest.raises(FaultError, match="it knows no ticker NOPE") as caught:
            ask_for_it()
        assert caught.value.fault.kind == "failed"
    looked_up = [r.query for r in server.requests if r.path == "/v3/reference/tickers"]
    assert [(query["ticker"], query["active"]) for query in looked_up] == [
        ("NOPE", "true"),
        ("NOPE", "false"),
    ]


@pytest.mark.parametrize(
    ("listing", "lookups"),
    [
        (AAPL, 1),
        (BTC, 1),
        (Listing("GONE", "GONE", "equity", "XNAS", "USD"), 2),
    ],
)
def test_a_known_ticker_without_trades_is_confirmed_once(
    feed: Feed, market: PolygonMarket, server: WireServer, listing: Listing, lookups: int
) -> None:
    market.without_trades = (listing.provider_symbol,)
    wanted = [window(listing=listing, start_at=OPEN + timedelta(days=n)) for n in range(8)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda one: asked(feed, one), wanted)) == [[]] * 8
    assert len(server.requests) == 8 + lookups


def test_a_ticker_that_had_bars_needs_no_confirmation(feed: Feed, server: WireServer) -> None:
    asked(feed, window())
    assert asked(feed, window(start_at=OPEN - timedelta(hours=8))) == []
    assert len(server.requests) == 2


def test_without_leave_to_see_the_list_nothing_is_taken_as_empty(
    feed: Feed, market: PolygonMarket, server: WireServer
) -> None:
    market.without_trades = ("AAPL",)
    server.fail_next(None, NOT_IN_PLAN)
    assert fault_of(feed, window()).kind == "not_permitted"
    assert asked(feed, window()) == []
