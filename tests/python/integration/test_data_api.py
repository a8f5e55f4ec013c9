"""``DataAPI`` against the warehouse of the demo: what it answers is what the marts hold."""

from __future__ import annotations

import asyncio
import multiprocessing
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from house_kit import House

from barhouse import DataAPI

OHLCV = ["open", "high", "low", "close", "volume"]
NEW_YORK = "America/New_York"


@pytest.fixture(scope="module")
def api(sample_house: House) -> Iterator[DataAPI]:
    with DataAPI(settings=sample_house.settings) as opened:
        yield opened


def expected(house: House, sql: str, *parameters: object) -> pd.DataFrame:
    rows = house.query(sql, *parameters)
    return pd.DataFrame(
        [[row[0], *(np.nan if v is None else float(v) for v in row[1:])] for row in rows],
        columns=["time", *OHLCV],
    ).set_index("time")


@pytest.mark.parametrize(
    ("adjusted", "mart"),
    [
        ("raw", "bars_1d"),
        ("split", "bars_1d_split_adjusted"),
        ("total_return", "bars_1d_adjusted"),
    ],
)
def test_days_are_those_of_the_mart(
    api: DataAPI, sample_house: House, adjusted: str, mart: str
) -> None:
    bars = api.get_ohlc("AAPL", start="2004-01-01", end="2005-12-30", adjusted=adjusted)
    wanted = expected(
        sample_house,
        f"select session_date, open, high, low, close, volume from marts.{mart}"
        " where symbol = 'AAPL' and session_date between '2004-01-01' and '2005-12-30' order by 1",
    )
    assert (bars.to_numpy() == wanted.to_numpy()).all()
    assert len(bars) == 504
    assert [str(kind) for kind in bars.dtypes] == ["float64"] * 5
    assert bars.index.name == "time"
    assert str(bars.index.tz) == NEW_YORK
    assert [moment.date() for moment in bars.index] == list(wanted.index)
    # Both ends are in.
    assert bars.index[0] == pd.Timestamp("2004-01-02", tz=NEW_YORK)
    assert bars.index[-1] == pd.Timestamp("2005-12-30", tz=NEW_YORK)


def test_weeks_months_and_what_is_made_of_them(api: DataAPI, sample_house: House) -> None:
    for timeframe, mart, label in (
        ("1w", "bars_1w", "week_start_date"),
        ("1mo", "bars_1mo", "month_start_date"),
    ):
        columns = [*OHLCV, "is_final"]
        bars = api.get_ohlc("AAPL", timeframe=timeframe, columns=columns, start="2004-01-01")
        rows = sample_house.query(
            f"select open, high, low, close, volume, is_final from marts.{mart}"
            f" where symbol = 'AAPL' and {label} >= '2004-01-01' order by {label}"
        )
        assert bars.to_numpy(dtype=float).tolist() == [[float(v) for v in row] for row in rows]
    days = api.get_ohlc("MSFT", adjusted="split")
    quarters = api.get_ohlc("MSFT", timeframe="3mo", adjusted="split")
    steps = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    wanted = days.groupby(days.index.tz_localize(None).to_period("Q")).agg(steps)
    np.testing.assert_allclose(quarters.to_numpy(), wanted.to_numpy(), rtol=1e-14)
    assert quarters.index[1] == pd.Timestamp("2000-04-01", tz=NEW_YORK)


@pytest.mark.parametrize("symbol", ["AAPL", "EUR/USD"])
def test_hours_come_with_those_that_only_the_provider_has(
    api: DataAPI, sample_house: House, symbol: str
) -> None:
    bars = api.get_ohlc(symbol, timeframe="1h")
    wanted = expected(
        sample_house,
        "select bar_start_at, open, high, low, close, volume from marts.bars"
        " where symbol = %s and timeframe = '1h' order by 1",
        symbol,
    )
    assert len(bars) > 3000
    assert np.array_equal(bars.to_numpy(), wanted.to_numpy(), equal_nan=True)
    assert list(bars.index) == list(wanted.index)


def test_any_other_width_is_counted_from_the_open(api: DataAPI) -> None:
    minutes = api.get_ohlc("AAPL", timeframe="1m", start="2026-07-31", end="2026-07-31")
    opened = pd.Timestamp("2026-07-31 09:30", tz=NEW_YORK)
    steps = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    for timeframe, length in (("65m", 65), ("2h", 120), ("7m", 7)):
        bars = api.get_ohlc("AAPL", timeframe=timeframe, start="2026-07-31", end="2026-07-31")
        width = pd.Timedelta(minutes=length)
        wanted = minutes.groupby((minutes.index - opened) // width).agg(steps)
        assert list(bars.index) == [opened + number * width for number in wanted.index]
        np.testing.assert_allclose(bars.to_numpy(), wanted.to_numpy(), rtol=1e-14)


def test_dates_bound_sessions_and_times_bound_bars(api: DataAPI) -> None:
    def starts(start: object, end: object, **more: object) -> list[str]:
        bars = api.get_ohlc("AAPL", start, end, timeframe="1h", **more)
        return [f"{moment:%d %H:%M}" for moment in bars.index]

    assert starts("2026-08-04 14:30", "2026-08-05 10:30") == [
        "04 14:30", "04 15:30", "05 09:30", "05 10:30",
    ]  # fmt: skip
    # A time without a zone is one of the zone of the answer, an aware one is itself.
    assert starts("2026-08-04 18:30", "2026-08-04 19:30", tz="UTC") == ["04 18:30", "04 19:30"]
    assert starts("2026-08-04T18:30+00:00", datetime(2026, 8, 4, 19, 30, tzinfo=UTC)) == [
        "04 14:30", "04 15:30",
    ]  # fmt: skip
    assert len(starts(date(2026, 8, 4), np.datetime64("2026-08-04"))) == 7
    assert starts(pd.Timestamp("2026-08-04 15:30", tz=NEW_YORK), "2026-08-04") == ["04 15:30"]
    # The session of Monday begins on Sunday evening.
    monday = api.get_ohlc("EUR/USD", "2017-03-06", "2017-03-06", timeframe="1h")
    assert monday.index[0] == pd.Timestamp("2017-03-05 17:00", tz=NEW_YORK)
    assert len(monday) == 24
    assert api.get_ohlc("AAPL", "2013-03-02", "2013-03-03").empty
    assert len(api.get_ohlc("AAPL", date.min, date.max)) == 3277
    assert len(api.get_ohlc("AAPL", "0001-01-01 00:00", pd.Timestamp.max, timeframe="1m")) == 2382


def test_many_symbols_long_and_wide(api: DataAPI) -> None:
    symbols = ["MSFT", "FB", "AAPL"]
    long = api.get_multi_symbol(symbols, start="2013-02-26", end="2013-03-01")
    assert isinstance(long["symbol"].dtype, pd.CategoricalDtype)
    assert long["symbol"].tolist() == [name for name in symbols for _ in range(4)]
    for name in symbols:
        alone = api.get_ohlc(name, start="2013-02-26", end="2013-03-01")
        pd.testing.assert_frame_equal(long[long["symbol"] == name][OHLCV], alone)
    wide = api.get_multi_symbol(symbols, start="2013-02-26", wide=True, columns=["close", "volume"])
    assert list(wide.columns) == [(c, s) for c in ("close", "volume") for s in symbols]
    assert wide["close"]["AAPL"].notna().sum() == 11
    assert wide["close"]["MSFT"].notna().sum() == 4
    assert wide.index.is_monotonic_increasing
    # FB is what META was called; exchanges of several zones are shown in UTC.
    assert api.get_ohlc("META").equals(api.get_ohlc("FB"))
    mixed = api.get_multi_symbol(["ETH/BTC", "AAPL"], timeframe="1h", start="2026-08-06")
    assert str(mixed.index.tz) == "UTC"
    assert mixed.index[0] == pd.Timestamp("2026-08-06 13:30", tz="UTC")


def test_arrow_is_exact_and_frames_agree(api: DataAPI, sample_house: House) -> None:
    table = api.arrow("ETH/BTC", timeframe="1m", start="2018-01-30")
    rows = sample_house.query(
        "select bar_start_at, open, volume from marts.bars_1m"
        " where symbol = 'ETH/BTC' and session_date >= '2018-01-30' order by 1"
    )
    got = table.select(["time", "open", "volume"]).to_pylist()
    assert [(r["time"], r["open"], r["volume"]) for r in got] == rows
    assert isinstance(got[0]["open"], Decimal)
    plain = api.get_ohlc("ETH/BTC", timeframe="1m", start="2018-01-30")
    assert plain["volume"].tolist() == [float(row["volume"]) for row in got]
    polars = api.get_ohlc("ETH/BTC", timeframe="1m", start="2018-01-30", frame="polars")
    assert isinstance(polars, pl.DataFrame)
    assert polars["close"].to_list() == plain["close"].tolist()
    assert polars.schema["time"] == pl.Datetime("us", "UTC")
    days = api.get_ohlc("AAPL", start="2013-02-28", frame="polars", columns=["close"])
    assert days.rows()[:2] == [(date(2013, 2, 28), 441.4), (date(2013, 3, 1), 430.47)]


def test_the_other_questions(api: DataAPI, sample_house: House) -> None:
    latest = api.latest(["AAPL", "EUR/USD", "MSFT"])
    assert list(latest.index) == ["AAPL", "EUR/USD", "MSFT"]
    assert latest.loc["MSFT", "close"] == 27.95
    assert latest["close"].isna().tolist() == [False, True, False]
    assert api.symbols("fb")["symbol"].tolist() == ["META"]
    assert set(api.symbols()["symbol"]) == {
        row[0] for row in sample_house.query("select symbol from core.instruments")
    }
    assert api.symbols("%").empty
    coverage = api.coverage("AAPL").set_index(["timeframe", "built_from"])
    assert coverage.index.tolist()[0] == ("1m", "provider")
    assert coverage.loc[("1d", "provider"), "bar_count"] == 3270
    assert coverage.loc[("1m", "provider"), "session_count"] == 7
    found = api.sql(
        "select count(*) as n, max(close) as top from marts.bars_1d"
        " where symbol = any($1) and session_date >= $2",
        [["AAPL", "MSFT"], date(2013, 1, 1)],
    )
    assert found.to_dict("records") == [{"n": 89, "top": 549.03}]


def test_as_of_gives_what_was_known(api: DataAPI, sample_house: House) -> None:
    assert api.as_of("2013-01-01").get_ohlc("AAPL").empty
    now = api.as_of(datetime.now(UTC))
    for timeframe in ("65m", "1d", "1w"):
        columns = [*OHLCV, "is_final"]
        known = now.get_ohlc("AAPL", timeframe=timeframe, columns=columns)
        assert not known.empty
        assert known.equals(api.get_ohlc("AAPL", timeframe=timeframe, columns=columns))
    past = api.as_of("2012-06-29", known_since="day")
    wanted = expected(
        sample_house,
        "select session_date, open, high, low, close, volume"
        " from marts.bars_1d_adjusted_as_of('2012-06-29') where symbol = 'MSFT' order by 1",
    )
    known = past.get_ohlc("MSFT", adjusted="total_return")
    assert (known.to_numpy() == wanted.to_numpy()).all()
    assert known.index[-1] == pd.Timestamp("2012-06-29", tz=NEW_YORK)
    assert not known.equals(api.get_ohlc("MSFT", end="2012-06-29", adjusted="total_return"))


def test_threads_loops_pickles_and_forks(api: DataAPI, sample_house: House) -> None:
    wanted = api.get_ohlc("AAPL", start="2012-01-01")

    def ask(number: int) -> bool:
        if number % 3:
            return bool(api.get_ohlc("AAPL", start="2012-01-01").equals(wanted))
        return int(api.sql("select $1::bigint as n", [number])["n"][0]) == number

    with ThreadPoolExecutor(20) as threads:
        assert all(threads.map(ask, range(60)))

    async def notebook() -> pd.DataFrame:
        return api.get_ohlc("AAPL", start="2012-01-01")

    assert asyncio.run(notebook()).equals(wanted)
    assert pickle.loads(pickle.dumps(api)).get_ohlc("AAPL", start="2012-01-01").equals(wanted)
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(
        target=lambda: answers.put(len(api.get_ohlc("AAPL", start="2012-01-01")))
    )
    child.start()
    assert answers.get(timeout=60) == len(wanted)
    child.join()
    assert api.get_ohlc("AAPL", start="2012-01-01").equals(wanted)
