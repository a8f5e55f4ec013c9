"""The numbers of the sample, against what its own files and the textbook formulas say."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import tarfile
import zipfile
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from house_kit import ROOT, House

ARCHIVES = ROOT / ".barhouse" / "cache" / "sample"
SYMBOLS = ["AAPL", "MSFT", "IBM"]


def archive(part: str) -> Path:
    found = [path for path in ARCHIVES.iterdir() if part in path.name]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="module")
def reported() -> dict[str, list[dict[str, str]]]:
    """The daily bars of the bokeh file, by symbol, oldest first; read without our own parser."""
    with zipfile.ZipFile(archive("bokeh")) as wheel:
        text = gzip.decompress(wheel.read("bokeh_sampledata/_data/stocks.csv.gz")).decode()
    rows = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        rows[row["Ticker"]].append(row)
    return {symbol: sorted(days, key=lambda row: row["Date"]) for symbol, days in rows.items()}


def actions(house: House, symbol: str) -> dict[str, tuple[Fraction, Fraction]]:
    """Split ratio and dividend of every ex-date in the ledger."""
    found: dict[str, tuple[Fraction, Fraction]] = {}
    for ex_date, kind, ratio, amount in house.query(
        "select ex_date::text, action_type, split_ratio, dividend_amount"
        " from core.corporate_actions inner join core.instruments using (instrument_id)"
        " where symbol = %s",
        symbol,
    ):
        split, dividend = found.get(ex_date, (Fraction(1), Fraction(0)))
        found[ex_date] = (
            (Fraction(ratio), dividend) if kind == "split" else (split, Fraction(amount))
        )
    return found


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_adjusted_close_equals_the_crsp_computation(
    sample_house: House, reported: dict[str, list[dict[str, str]]], symbol: str
) -> None:
    days, events = reported[symbol], actions(sample_house, symbol)
    expected: dict[str, Fraction] = {}
    factor = Fraction(1)
    for place in range(len(days) - 1, -1, -1):
        day = days[place]
        expected[day["Date"]] = Fraction(day["Close"]) * factor
        if day["Date"] in events:
            ratio, dividend = events[day["Date"]]
            previous = Fraction(days[place - 1]["Close"]) / ratio
            factor = factor / ratio * (1 - dividend / previous)

    built = dict(
        sample_house.query(
            "select session_date::text, close from marts.bars_1d_adjusted"
            " where symbol = %s and built_from = 'provider'",
            symbol,
        )
    )

    assert built.keys() == expected.keys()
    for day, close in built.items():
        assert math.isclose(close, expected[day], rel_tol=1e-9), day


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_ledger_reproduces_the_adjusted_close_of_the_file_by_its_own_method(
    sample_house: House, reported: dict[str, list[dict[str, str]]], symbol: str
) -> None:
    days, events = reported[symbol], actions(sample_house, symbol)
    factor = Fraction(days[-1]["Adj Close"]) / Fraction(days[-1]["Close"])
    for place in range(len(days) - 1, -1, -1):
        close = Fraction(days[place]["Close"])
        seen = Fraction(days[place]["Adj Close"])
        assert math.isclose(close * factor, seen, rel_tol=1e-9), days[place]["Date"]
        if days[place]["Date"] in events:
            ratio, dividend = events[days[place]["Date"]]
            factor = factor / ratio * close / (close + dividend)


@pytest.mark.parametrize("symbol", [*SYMBOLS, "GOOG", "FB"])
def test_raw_daily_bars_are_the_file_digit_by_digit(
    sample_house: House, reported: dict[str, list[dict[str, str]]], symbol: str
) -> None:
    columns = ["Open", "High", "Low", "Close", "Volume"]
    expected = [
        (row["Date"], *(Decimal(row[name]) for name in columns)) for row in reported[symbol]
    ]
    built = sample_house.query(
        "select session_date::text, open, high, low, close, volume from marts.bars_1d"
        " where symbol = %s and built_from = 'provider' order by session_date",
        symbol,
    )
    assert built == expected


def test_volume_is_adjusted_for_splits_and_never_for_dividends(sample_house: House) -> None:
    rows = dict(
        sample_house.query(
            "select a.session_date::text, a.volume / r.volume::double precision"
            " from marts.bars_1d_adjusted as a inner join marts.bars_1d as r"
            " using (instrument_id, session_date) where a.symbol = 'AAPL'"
        )
    )
    assert rows["2000-06-20"] == 4
    assert rows["2000-06-21"] == 2
    assert rows["2005-02-25"] == 2
    assert rows["2005-02-28"] == 1
    assert rows["2012-08-08"] == 1


@pytest.mark.parametrize("coin", ["ETH", "LTC", "ADA", "XMR"])
def test_five_minute_bars_built_here_equal_the_bars_of_the_file(
    sample_house: House, coin: str
) -> None:
    with tarfile.open(archive("freqtrade")) as sdist:
        name = next(n for n in sdist.getnames() if n.endswith(f"testdata/{coin}_BTC-5m.json"))
        member = sdist.extractfile(name)
        assert member is not None
        candles = json.loads(member.read(), parse_float=Decimal, parse_int=Decimal)
    expected = {int(candle[0]): tuple(Decimal(value) for value in candle[1:]) for candle in candles}
    built = {
        int(start): tuple(values)
        for start, *values in sample_house.query(
            "select extract(epoch from bar_start_at) * 1000, open, high, low, close, volume"
            " from marts.bars_5m where symbol = %s order by bar_start_at",
            f"{coin}/BTC",
        )
    }
    # The first and the last bucket hold only a part of their minutes: the file of minutes starts
    # and ends inside them.
    common = sorted(built.keys() & expected.keys())[1:-1]
    assert len(common) > 2_400
    assert {start: built[start] for start in common} == {s: expected[s] for s in common}


def test_longer_rollups_equal_the_minutes_they_are_made_of(sample_house: House) -> None:
    for timeframe, width in [("15m", 15), ("30m", 30), ("1h", 60), ("4h", 240)]:
        differing = sample_house.query(
            f"""
            with built as (
                select instrument_id, session_date,
                    date_bin('{width} minutes', bar_start_at, open_at) as bar_start_at,
                    first(open, bar_start_at) as open, max(high) as high, min(low) as low,
                    last(close, bar_start_at) as close, sum(volume) as volume,
                    count(*) as minute_count
                from core.bars_1m
                inner join core.instruments using (instrument_id)
                inner join core.sessions using (exchange, session_date)
                group by 1, 2, 3
            )
            select * from built full join marts.bars_{timeframe} as mart
                using (instrument_id, session_date, bar_start_at, open, high, low, close, volume,
                    minute_count)
            where mart.symbol is null or built.open is null
            """
        )
        assert differing == []


def test_days_built_from_minutes_follow_the_session(sample_house: House) -> None:
    rows = sample_house.query(
        "select b.session_date, b.open, b.close, b.volume, m.open, m.close, m.volume"
        " from marts.bars_1d as b inner join ("
        "   select instrument_id, (bar_start_at at time zone 'America/New_York')::date as day,"
        "     first(open, bar_start_at) as open, last(close, bar_start_at) as close,"
        "     sum(volume) as volume from core.bars_1m group by 1, 2"
        " ) as m on b.instrument_id = m.instrument_id and b.session_date = m.day"
        " where b.symbol = 'AAPL' and b.built_from = 'minutes'"
    )
    assert len(rows) == 7
    assert all(row[1:4] == row[4:7] for row in rows)


def test_foreign_exchange_day_starts_at_five_in_new_york(sample_house: House) -> None:
    rows = sample_house.query(
        "select bar_start_at at time zone 'UTC', session_date::text from core.bars_intraday"
        " inner join core.instruments using (instrument_id)"
        " where symbol = 'EUR/USD' and bar_start_at in"
        " ('2017-01-01 22:00+00', '2017-03-10 21:00+00', '2017-03-12 21:00+00',"
        "  '2017-06-30 20:00+00')"
        " order by bar_start_at"
    )
    assert [row[1] for row in rows] == ["2017-01-02", "2017-03-10", "2017-03-13", "2017-06-30"]


def test_every_landed_bar_is_published_or_quarantined(sample_house: House) -> None:
    (landed,) = sample_house.query("select count(*) from staging.raw_bars")
    (published,) = sample_house.query(
        "select (select count(*) from core.bars_1m) + (select count(*) from core.bars_intraday)"
        " + (select count(*) from core.bars_1d)"
    )
    (quarantined,) = sample_house.query("select count(*) from quality.quarantine")
    assert landed == published == (102_897,)
    assert quarantined == (0,)
