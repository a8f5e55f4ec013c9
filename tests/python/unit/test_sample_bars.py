"""The bars of the sample: labels, flags, and oracles from the files themselves."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from test_sample_kit import (
    MINUTE,
    Bars,
    aggregate,
    at,
    constants,
    ohlcv,
    stock_file,
)

from extract.sources._sample.fetch import IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import FREQTRADE
from extract.sources._sample.pieces import CRYPTO_COINS


@pytest.mark.parametrize("ticker", ["AAPL", "MSFT", "IBM", "GOOG", "FB"])
def test_daily_stocks_are_raw_and_final(bars: Bars, ticker: str) -> None:
    rows = bars[ticker, "1d"]
    columns = ("provider", "asset_class", "currency", "price_basis", "session_scope", "is_final")
    wanted = ("sample", "equity", "USD", "raw", "regular", True)
    assert constants(rows, *columns) == wanted
    assert constants(rows, "exchange") == ("XNYS" if ticker == "IBM" else "XNAS",)
    assert constants(rows, "volume_unit") == ("unknown" if ticker == "GOOG" else "shares",)
    assert max(row["session_date"] for row in rows) == date(2013, 3, 1)


def test_daily_bars_are_the_file_to_the_last_digit(bars: Bars, sample_cache: Path) -> None:
    lines = stock_file(sample_cache).decode().splitlines()
    names = ("open", "high", "low", "close", "volume", "adjusted_close")
    theirs = ("Open", "High", "Low", "Close", "Volume", "Adj Close")
    by_key = {
        (row["provider_symbol"], row["session_date"].isoformat()): row
        for (_, timeframe), rows in bars.items()
        if timeframe == "1d"
        for row in rows
    }
    for number, line in enumerate(csv.DictReader(lines), start=2):
        row = by_key.pop((line["Ticker"], line["Date"]))
        assert [row[name] for name in names] == [Decimal(line[name]) for name in theirs]
        assert row["source_row"] == number
        assert row["source_timestamp"] == line["Date"]
    assert by_key == {}


def test_known_vendor_error_lands_as_it_is(bars: Bars) -> None:
    (row,) = [r for r in bars["AAPL", "1d"] if r["session_date"] == date(2003, 1, 29)]
    assert row["close"] == Decimal("14.58")


@pytest.mark.parametrize(("timeframe", "newest"), [("1m", "10:11"), ("1h", "09:30")])
def test_last_apple_bar_is_in_progress(bars: Bars, timeframe: str, newest: str) -> None:
    rows = bars["AAPL", timeframe]
    unfinished = [row for row in rows if not row["is_final"]]
    assert [row["bar_start_at"] for row in unfinished] == [at(f"2026-08-06T{newest}:00-04:00")]
    assert max(row["bar_start_at"] for row in rows) == unfinished[0]["bar_start_at"]
    assert constants(rows, "exchange", "price_basis", "session_scope", "volume_unit") == (
        "XNAS",
        "raw",
        "regular",
        "shares",
    )


def test_apple_hours_begin_at_half_past_in_new_york(bars: Bars) -> None:
    assert {row["bar_start_at"].minute for row in bars["AAPL", "1h"]} == {30}
    starts = {row["bar_start_at"] for row in bars["AAPL", "1h"]}
    assert at("2024-08-06T09:30:00-04:00") in starts
    assert at("2025-01-06T09:30:00-05:00") in starts
    for half_day in ("2024-11-29", "2024-12-24", "2025-07-03", "2025-11-28", "2025-12-24"):
        assert sum(start.date().isoformat() == half_day for start in starts) == 3


def test_apple_hours_are_the_aggregate_of_their_minutes(bars: Bars) -> None:
    by_start = {row["bar_start_at"]: row for row in bars["AAPL", "1m"]}
    differing = []
    compared = 0
    for hour in bars["AAPL", "1h"]:
        minutes = [by_start.get(hour["bar_start_at"] + n * MINUTE) for n in range(60)]
        present = [minute for minute in minutes if minute]
        if not present or not hour["is_final"]:
            continue
        compared += 1
        if aggregate(present) != ohlcv(hour):
            differing.append(hour["bar_start_at"].date())
    assert compared == 42
    assert differing == [date(2026, 8, 4)]


@pytest.mark.parametrize("coin", CRYPTO_COINS)
def test_crypto_is_around_the_clock_in_bitcoin(bars: Bars, coin: str) -> None:
    for timeframe in ("1m", "5m"):
        rows = bars[f"{coin}/BTC", timeframe]
        columns = ("asset_class", "exchange", "currency", "price_basis", "session_scope")
        assert constants(rows, *columns) == ("crypto", "CRYPTO", "BTC", "none", "24x7")
        assert constants(rows, "volume_unit") == ("base",)
        unfinished = [row["bar_start_at"] for row in rows if not row["is_final"]]
        assert unfinished == [max(row["bar_start_at"] for row in rows)]


@pytest.mark.parametrize(("coin", "compared"), [("ETH", 2879), ("LTC", 2879), ("ADA", 2879)])
def test_five_minutes_are_the_aggregate_of_their_minutes(
    bars: Bars, coin: str, compared: int
) -> None:
    by_start = {row["bar_start_at"]: row for row in bars[f"{coin}/BTC", "1m"]}
    first = min(by_start)
    checked = 0
    for five in bars[f"{coin}/BTC", "5m"]:
        start = five["bar_start_at"]
        present = [m for n in range(5) if (m := by_start.get(start + n * MINUTE))]
        if start >= first and present and five["is_final"]:
            checked += 1
            assert aggregate(present) == ohlcv(five), start
    assert checked == compared


def test_last_five_minutes_of_ether_hold_one_minute(bars: Bars) -> None:
    assert ohlcv(bars["ETH/BTC", "5m"][-1]) == ohlcv(bars["ETH/BTC", "1m"][-1])


def test_crypto_prices_are_the_file_to_the_last_digit(bars: Bars, sample_cache: Path) -> None:
    member = "freqtrade-0.17.1/freqtrade/tests/testdata/ADA_BTC-1m.json"
    payload = verified_archive(FREQTRADE, sample_cache / "sample", IndexDownload())
    text = read_members(payload, FREQTRADE.filename, [member])[member]
    for row, theirs in zip(
        bars["ADA/BTC", "1m"], json.loads(text, parse_float=Decimal), strict=True
    ):
        assert row["bar_start_at"] == datetime.fromtimestamp(theirs[0] / 1000, UTC)
        assert list(ohlcv(row)) == theirs[1:]


def test_euro_is_hourly_in_utc(bars: Bars) -> None:
    rows = bars["EUR/USD", "1h"]
    columns = ("asset_class", "exchange", "currency", "price_basis", "volume_unit", "is_final")
    assert constants(rows, *columns) == ("fx", "FX", "USD", "none", "unknown", True)
    starts = [row["bar_start_at"] for row in rows]
    assert starts == sorted(starts)
    assert starts[0] == datetime(2017, 1, 1, 22, tzinfo=UTC)
    assert starts[-1] == datetime(2017, 12, 29, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sunday", "hour"),
    [("2017-03-05", 22), ("2017-03-12", 21), ("2017-10-29", 21), ("2017-11-05", 22)],
)
def test_euro_week_opens_at_five_in_new_york(bars: Bars, sunday: str, hour: int) -> None:
    starts = [row["bar_start_at"] for row in bars["EUR/USD", "1h"]]
    on_sunday = [start for start in starts if start.date().isoformat() == sunday]
    assert min(on_sunday).hour == hour
