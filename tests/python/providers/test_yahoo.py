"""Bars of Yahoo: the real yfinance against a made-up Yahoo, over a proxy and TLS."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from market_kit import made_bar
from yahoo_kit import Yahoo, editing, opened, put, without_prices
from yahoo_market import adjusted_close, daily_bar, single

from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources._yahoo.columns import price_texts
from extract.sources.yahoo import TERMS, connect


@pytest.fixture
def yahoo(tmp_path: Path) -> Iterator[Yahoo]:
    with opened(tmp_path) as made:
        yield made


def test_daily_bars_come_with_their_dates_and_what_yahoo_adjusts(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-12")
    days = [date(2024, 6, 6), date(2024, 6, 7), date(2024, 6, 10), date(2024, 6, 11)]
    made = [daily_bar("NVDA", day) for day in days]
    assert (page.times, page.time_form, page.number_form) == (days, "date", "text")
    for name in ("open", "high", "low", "close", "volume"):
        assert [float(text) for text in getattr(page, name)] == [getattr(bar, name) for bar in made]
    assert [float(text) for text in page.adjusted_close or ()] == [adjusted_close(b) for b in made]


def test_minutes_come_with_their_starts_end_exclusive(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("NVDA", "1m", "2024-06-12 13:28", "2024-06-12 13:33")
    opening = datetime(2024, 6, 12, 13, 30, tzinfo=UTC)
    assert page.times == [int(opening.timestamp()) + 60 * minute for minute in range(3)]
    assert (page.time_form, page.adjusted_close) == ("epoch_seconds", None)
    assert page.close == [
        f"{made_bar('NVDA', opening + timedelta(minutes=number)).close:g}" for number in range(3)
    ]


def test_hours_begin_with_the_session_and_the_last_one_is_whole(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("NVDA", "1h", "2024-06-12 13:30", "2024-06-12 15:00")
    starts = [datetime.fromtimestamp(moment, UTC).time().isoformat() for moment in page.times]
    assert starts == ["13:30:00", "14:30:00"]
    end = int(yahoo.server.charts[-1].query["period2"])
    assert datetime.fromtimestamp(end, UTC) == datetime(2024, 6, 12, 16, tzinfo=UTC)


def test_half_hours_are_made_of_quarters(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("NVDA", "30m", "2024-06-12 13:30", "2024-06-12 14:30")
    assert yahoo.server.charts[-1].query["interval"] == "15m"
    first, second = (
        made_bar("NVDA", datetime(2024, 6, 12, 13, minute, tzinfo=UTC)) for minute in (30, 45)
    )
    assert len(page.times) == 2
    assert (float(page.open[0]), float(page.close[0])) == (first.open, second.close)
    assert page.volume is not None
    assert page.volume[0] == str(first.volume + second.volume)


def test_prices_of_32_bits_become_their_shortest_text() -> None:
    assert single(189.95) == 189.9499969482422
    values = np.array([189.9499969482422, 189.95, 1e-8, 0.0, 120.0, 67000.1015625, np.nan])
    assert price_texts(values) == ["189.95", "189.95", "0.00000001", "0", "120", "67000.1", None]


def test_prices_beyond_32_bits_are_handed_over_to_be_told() -> None:
    assert price_texts(np.array([np.inf, 1e40])) == ["inf", "1" + "0" * 40]


def test_every_32_bit_price_is_found_again_in_its_text() -> None:
    singles = np.random.default_rng(7).uniform(0.0001, 90_000, 500).astype(np.float32)
    texts = price_texts(singles.astype(np.float64))
    assert [np.float32(text) for text in texts] == list(singles)


def test_crypto_trades_at_all_hours_under_its_slash(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars(
        "BTC/USD", "5m", "2024-06-08 00:00", "2024-06-08 00:15", asset_class="crypto"
    )
    assert yahoo.server.charts[-1].path.endswith("/BTC-USD")
    assert len(page.times) == 3
    assert page.volume is not None
    assert TERMS.volume_unit["crypto"] == "unknown"


def test_a_currency_has_no_volume_and_the_date_of_its_zone(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("EUR/USD", "1d", "2024-06-10", "2024-06-12", asset_class="fx")
    assert page.times == [date(2024, 6, 10), date(2024, 6, 11)]
    assert page.volume is None


def test_a_day_that_begins_the_day_before_in_utc_keeps_its_date(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("BHP.AX", "1d", "2024-01-15", "2024-01-17", currency="AUD")
    assert page.times == [date(2024, 1, 15), date(2024, 1, 16)]


def test_an_index_is_asked_for_under_its_own_spelling(yahoo: Yahoo) -> None:
    (page,) = yahoo.bars("^GSPC", "1d", "2024-06-10", "2024-06-11", asset_class="index")
    assert page.times == [date(2024, 6, 10)]


def test_newest_first_comes_out_in_order(yahoo: Yahoo) -> None:
    def backwards(result: dict[str, Any]) -> None:
        result["timestamp"].reverse()
        for values in result["indicators"]["quote"][0].values():
            values.reverse()
        result["indicators"]["adjclose"][0]["adjclose"].reverse()

    yahoo.server.fail_charts(None, editing(backwards))
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-06", "2024-06-08")
    assert page.times == [date(2024, 6, 6), date(2024, 6, 7)]
    assert float(page.close[0]) == daily_bar("NVDA", page.times[0]).close


def test_hours_outside_the_session_come_when_configured(yahoo: Yahoo) -> None:
    yahoo.feed = yahoo.connect(extended_hours=True)
    (page,) = yahoo.bars("NVDA", "5m", "2024-06-12 08:00", "2024-06-12 08:10")
    assert len(page.times) == 2
    assert TERMS.session_scope("equity", "5m", {"extended_hours": True}) == "extended"
    assert TERMS.session_scope("equity", "5m", {}) == "regular"
    assert TERMS.session_scope("equity", "1d", {"extended_hours": True}) == "regular"
    assert TERMS.session_scope("crypto", "5m", {}) == "24x7"


def test_hours_outside_the_session_that_were_not_wanted_are_left_out(yahoo: Yahoo) -> None:
    def with_closing_quote(result: dict[str, Any]) -> None:
        result["timestamp"].append(int(datetime(2024, 6, 12, 20, tzinfo=UTC).timestamp()))
        for values in result["indicators"]["quote"][0].values():
            values.append(values[-1])

    yahoo.server.fail_charts(None, editing(with_closing_quote))
    (page,) = yahoo.bars("NVDA", "5m", "2024-06-12 19:50", "2024-06-12 21:00")
    assert len(page.times) == 2


def test_extended_hours_that_are_no_yes_or_no_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match="extended_hours"):
        connect(Connection({}, {}, {"extended_hours": "yes"}, 1.0, tmp_path))


def test_an_ex_date_without_a_session_is_no_bar(yahoo: Yahoo) -> None:
    def last_without_session(result: dict[str, Any]) -> None:
        without_prices(result, -1)

    yahoo.server.fail_charts(None, editing(last_without_session))
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    assert page.times == [date(2024, 6, 10)]


def test_a_minute_without_a_trade_is_no_bar(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda result: without_prices(result, 1)))
    (page,) = yahoo.bars("NVDA", "1m", "2024-06-12 13:30", "2024-06-12 13:33")
    assert len(page.times) == 2


def test_a_window_of_minutes_without_a_trade_is_empty(yahoo: Yahoo) -> None:
    def no_trades(result: dict[str, Any]) -> None:
        for place in range(len(result["timestamp"])):
            without_prices(result, place)

    yahoo.server.fail_charts(None, editing(no_trades))
    assert yahoo.bars("NVDA", "1m", "2024-06-12 13:30", "2024-06-12 13:33") == []


def test_a_bar_with_one_price_missing_is_handed_over_to_be_told(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, put("close", 1, None))
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-13")
    assert len(page.times) == 3
    assert [text is None for text in page.close] == [False, True, False]


@pytest.mark.parametrize("timeframe", ["1d", "5m"])
def test_a_missing_volume_is_missing_and_not_zero(yahoo: Yahoo, timeframe: str) -> None:
    yahoo.server.fail_charts(None, put("volume", 1, None))
    (page,) = yahoo.bars("NVDA", timeframe, "2024-06-10", "2024-06-13")
    assert page.volume is not None
    assert page.volume[1] is None
    assert None not in (page.volume[0], page.volume[2])


def test_a_live_quote_at_the_end_is_no_bar(yahoo: Yahoo) -> None:
    def three_bars_and_a_live_quote(result: dict[str, Any]) -> None:
        times = result["timestamp"]
        result["timestamp"] = [*times[:3], times[3] + 12]
        for values in result["indicators"]["quote"][0].values():
            del values[4:]

    yahoo.server.fail_charts(None, editing(three_bars_and_a_live_quote))
    (page,) = yahoo.bars("NVDA", "5m", "2024-06-12 13:30", "2024-06-12 14:00")
    assert [moment % 300 for moment in page.times] == [0, 0, 0]


def test_a_live_quote_of_today_is_todays_bar(yahoo: Yahoo) -> None:
    def with_live_quote(result: dict[str, Any]) -> None:
        result["timestamp"].append(result["timestamp"][-1] + 5 * 3600)
        for values in result["indicators"]["quote"][0].values():
            values.append(values[-1] + 1)
        result["indicators"]["adjclose"][0]["adjclose"].append(1.0)

    yahoo.server.fail_charts(None, editing(with_live_quote))
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-13", "2024-06-15")
    assert page.times == [date(2024, 6, 13), date(2024, 6, 14)]
    assert page.volume is not None
    assert page.volume[-1] == str(daily_bar("NVDA", date(2024, 6, 14)).volume + 1)


def test_the_day_before_an_empty_window_is_left_out(yahoo: Yahoo) -> None:
    friday = datetime(2024, 6, 7, 13, 30, tzinfo=UTC)

    def day_before(result: dict[str, Any]) -> None:
        result["timestamp"] = [int(friday.timestamp())]
        names = ("open", "high", "low", "close", "volume")
        result["indicators"] = {"quote": [{name: [10.0] for name in names}]}

    yahoo.server.fail_charts(None, editing(day_before))
    assert yahoo.bars("NVDA", "1d", "2024-06-08", "2024-06-10") == []


def test_a_close_that_yahoo_did_not_adjust_is_not_called_adjusted(yahoo: Yahoo) -> None:
    yahoo.server.fail_charts(None, editing(lambda result: result["indicators"].pop("adjclose")))
    (page,) = yahoo.bars("NVDA", "1d", "2024-06-10", "2024-06-12")
    assert page.adjusted_close is None
