"""Bars and products of Coinbase: the real SDK against a made-up Coinbase over real sockets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from asking_kit import Asking
from coinbase_kit import (
    BTC,
    DAY,
    asked,
    clear_environment,
    expected,
    opened,
    window,
)
from coinbase_server import (
    API,
    ENVELOPE,
    CoinbaseMarket,
    candle_of,
    product_of,
    start,
)
from market_kit import made_bars
from wire_kit import Answer, WireServer, serving

from extract.api.bars import Frame, Reject, landed_bars
from extract.api.feed import FaultError, Feed, Listing, Window
from extract.exchanges import Exchange
from extract.landing import TIMEFRAMES
from extract.sources.coinbase import TERMS


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


@pytest.mark.parametrize("timeframe", TERMS.windows)
def test_a_full_window_is_every_bar_once_in_five_requests(
    feed: Feed, server: WireServer, timeframe: str
) -> None:
    start_at = datetime(2023, 11, 29, tzinfo=UTC)
    wanted = Window("bars", BTC, timeframe, start_at, start_at + TERMS.windows[timeframe])
    assert asked(feed, wanted) == expected(wanted, TIMEFRAMES[timeframe])
    assert len(server.requests) == 5


def test_bars_are_text_with_starts_in_epoch_seconds(feed: Feed) -> None:
    (page,) = feed.bars(window(), Asking(feed))
    assert (page.time_form, page.number_form) == ("epoch_seconds", "text")
    assert page.times[0] == str(int((DAY + timedelta(minutes=9)).timestamp()))
    assert all(isinstance(value, str) for value in (*page.open, *page.volume))


@pytest.mark.parametrize("is_end_inclusive", [True, False])
def test_the_bucket_at_the_end_is_not_asked_for_twice_and_not_lost(is_end_inclusive: bool) -> None:
    server = start(CoinbaseMarket(is_end_inclusive=is_end_inclusive))
    feed = opened(server.url)
    wanted = window(hours=12)
    assert asked(feed, wanted) == expected(wanted, timedelta(minutes=1))
    server.close()


def test_a_bar_further_outside_is_handed_on_to_be_rejected(feed: Feed, server: WireServer) -> None:
    late = {**candle_of(next(made_bars("BTC/USD", DAY, DAY + timedelta(1), timedelta(hours=1))))}
    late["start"] = str(int((DAY + timedelta(minutes=11)).timestamp()))
    server.fail_next(Answer({"candles": [late]}))
    assert asked(feed, window()) == [late]


def test_a_window_of_hours_from_half_past_asks_for_whole_hours(
    feed: Feed, server: WireServer
) -> None:
    start_at = DAY + timedelta(minutes=30)
    found = asked(feed, window("1h", start_at, hours=3))
    assert found == expected(window("1h", DAY + timedelta(hours=1), hours=3), timedelta(hours=1))
    first, last = (int(server.requests[0].query[name]) for name in ("start", "end"))
    assert (first % 3600, last % 3600) == (0, 0)


def test_a_window_without_a_bucket_is_empty_without_a_request(
    feed: Feed, server: WireServer
) -> None:
    assert asked(feed, window("1h", DAY + timedelta(minutes=5), minutes=50)) == []
    assert server.requests == []


def test_a_product_that_never_traded_has_no_bars(feed: Feed, market: CoinbaseMarket) -> None:
    market.without_trades = ("BTC-USD",)
    assert list(feed.bars(window(days=1), Asking(feed))) == []


def test_values_come_through_as_they_were_written(feed: Feed, server: WireServer) -> None:
    odd = {
        "start": str(int(DAY.timestamp())),
        "low": "0.00000001",
        "high": "12345678901234567890.123456789",
        "open": None,
        "volume": "1e-8",
    }
    server.fail_next(Answer({"candles": [odd]}))
    assert asked(feed, window()) == [{**odd, "close": None}]


def landed(feed: Feed, wanted: Window, fetched_at: datetime) -> tuple[list[dict], list[Reject]]:
    constants = {
        "provider": "coinbase",
        "provider_symbol": "BTC-USD",
        "asset_class": "crypto",
        "exchange": "CRYPTO",
        "feed": "coinbase",
        "currency": "USD",
        "timeframe": wanted.timeframe,
        "volume_unit": "base",
        "price_basis": "none",
        "session_scope": "24x7",
        "request_id": "coinbase-1",
    }
    exchange = Exchange("CRYPTO", "24/7", "UTC", 0)
    frame = Frame(wanted, exchange, constants, fetched_at, TERMS.settles_after)
    bars, rejects = landed_bars(feed.bars(wanted, Asking(feed)), frame)
    return bars.table().to_pylist(), rejects


def test_bars_land_in_order_exact_and_final_once_settled(feed: Feed) -> None:
    wanted = window()
    found, rejects = landed(feed, wanted, wanted.end_at + timedelta(seconds=90))
    bars = list(made_bars("BTC/USD", wanted.start_at, wanted.end_at, timedelta(minutes=1)))
    assert rejects == []
    assert [row["bar_start_at"] for row in found] == [bar.start_at for bar in bars]
    assert [row["volume"] for row in found] == [Decimal(bar.volume).scaleb(-8) for bar in bars]
    assert [row["close"] for row in found] == [Decimal(str(bar.close)) for bar in bars]
    assert [row["is_final"] for row in found] == [True] * 9 + [False]


def test_days_land_by_their_utc_date(feed: Feed) -> None:
    found, rejects = landed(feed, window("1d", days=400), DAY + timedelta(days=399, hours=7))
    assert rejects == []
    assert [row["session_date"] for row in found] == [
        (DAY + timedelta(days=number)).date() for number in range(400)
    ]
    assert [row["is_final"] for row in found] == [True] * 399 + [False]


def test_a_bar_without_a_price_is_rejected_alone(feed: Feed, server: WireServer) -> None:
    wanted = window()
    candles = [dict(one) for one in expected(wanted, timedelta(minutes=1))]
    candles[3]["open"] = None
    candles[5]["start"] = "soon"
    server.fail_next(Answer({"candles": candles}))
    found, rejects = landed(feed, wanted, wanted.end_at + timedelta(days=1))
    assert len(found) == 8
    assert [one.column for one in rejects] == ["open", "bar_start_at"]


def test_a_slash_in_a_product_stays_inside_the_path(feed: Feed, server: WireServer) -> None:
    asked(feed, window(listing=Listing("BTC/USD", "BTC/USD?x", "crypto", "CRYPTO", "USD")))
    assert server.requests[0].path == f"{API}/market/products/BTC%2FUSD%3Fx/candles"


def test_caches_on_the_way_are_asked_to_keep_nothing(feed: Feed, server: WireServer) -> None:
    asked(feed, window())
    assert server.requests[0].headers["Cache-Control"] == "no-cache"


def test_threads_share_a_feed(server: WireServer) -> None:
    feed = opened(server.url)
    wanted = [window(start_at=DAY + timedelta(days=day), hours=9) for day in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: asked(feed, one), wanted))
    assert found == [expected(one, timedelta(minutes=1)) for one in wanted]


def test_all_products_are_listed_whatever_a_page_holds() -> None:
    listed = [product_of(f"C{number:03}-USD") for number in range(610)]
    for largest_page in (1000, 100):
        server = start(CoinbaseMarket(listed=listed, largest_page=largest_page))
        feed = opened(server.url)
        pages = list(feed.assets("crypto", Asking(feed)))
        found = [one.provider_symbol for page in pages for one in page]
        assert found == [one["product_id"] for one in listed]
        server.close()


def test_products_become_listings(feed: Feed) -> None:
    found = {one.symbol: one for page in feed.assets("crypto", Asking(feed)) for one in page}
    assert found["BTC/EUR"] == Listing(
        "BTC/EUR", "BTC-EUR", "crypto", "CRYPTO", "EUR", "Bitcoin / Euro", True
    )
    assert found["OLD/USD"].is_active is False


def test_a_server_without_further_pages_is_told_apart_from_the_end() -> None:
    listed = [product_of(f"C{number:03}-USD") for number in range(600)]
    with serving(lambda _request: Answer({"products": listed[:250]})) as server:
        feed = opened(server.url)
        with pytest.raises(FaultError, match="no further products from 250 on"):
            list(feed.assets("crypto", Asking(feed)))


def test_a_broken_page_of_products_is_asked_again(feed: Feed, server: WireServer) -> None:
    server.fail_next(ENVELOPE, Answer({"products": [{"price": "1"}]}))
    (page,) = feed.assets("crypto", Asking(feed))
    assert len(page) == 5


def test_a_product_is_looked_up(feed: Feed, server: WireServer) -> None:
    found = feed.describe("BTC-USD", "crypto", Asking(feed))
    assert found == Listing(
        "BTC/USD", "BTC-USD", "crypto", "CRYPTO", "USD", "Bitcoin / US Dollar", True
    )
    assert server.requests[0].path == f"{API}/market/products/BTC-USD"


def test_only_coinbase_itself_can_say_that_a_product_is_unknown(
    feed: Feed, server: WireServer
) -> None:
    assert feed.describe("NOPE-USD", "crypto", Asking(feed)) is None
    server.fail_next(Answer("<html>nothing here</html>", 404))
    with pytest.raises(FaultError, match="HTTP 404 Not Found"):
        feed.describe("BTC-USD", "crypto", Asking(feed))
    server.fail_next(ENVELOPE, ENVELOPE, ENVELOPE)
    with pytest.raises(FaultError, match="something went wrong"):
        feed.describe("BTC-USD", "crypto", Asking(feed))


def test_a_future_is_no_crypto(feed: Feed, market: CoinbaseMarket) -> None:
    market.listed = [product_of("BIT-28JUN24-CDE", product_type="FUTURE", quote_currency_id="USD")]
    with pytest.raises(FaultError, match="is a FUTURE product; expected SPOT"):
        feed.describe("BIT-28JUN24-CDE", "crypto", Asking(feed))


def test_symbols_are_spelled_back_and_forth() -> None:
    assert TERMS.spell("BTC/USD", "crypto") == "BTC-USD"
    assert TERMS.unspell("BTC-USD", "crypto") == "BTC/USD"
