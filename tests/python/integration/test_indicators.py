"""Indicators of the API, beside those of TA-Lib on the bars of the sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
import talib
from house_kit import House

from barhouse import BarhouseError, DataAPI

NAMES = [
    "SMA_20", "EMA_12", "WMA_9", "RSI_14", "RSI_2", "MACD", "MACD_5_35_5", "BBANDS_20_2",
    "BBANDS_5_1.5", "ATR_14", "ADX_14", "ADX_2", "STOCH_14_3_3", "OBV", "VOL_20", "RETURN_5",
    "LOGRETURN_1",
]  # fmt: skip

KEYS = ["symbol", "session_date", "instrument_id", "close", "is_final"]
MART = [
    "RETURN_1", "LOGRETURN_1", "VOL_20", "SMA_20", "EMA_20", "WMA_20", "BBANDS_20_2", "MACD",
    "RSI_14", "STOCH_14_3_3", "ATR_14", "ADX_14", "OBV", "VWAP",
]  # fmt: skip


@pytest.fixture(scope="module")
def api(sample_house: House) -> Iterator[DataAPI]:
    with DataAPI(settings=sample_house.settings) as opened:
        yield opened


def of_talib(bars: pd.DataFrame) -> dict[str, np.ndarray]:
    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    logs = np.diff(np.log(close), prepend=np.nan)
    made = {
        "SMA_20": talib.SMA(close, 20),
        "EMA_12": talib.EMA(close, 12),
        "WMA_9": talib.WMA(close, 9),
        "RSI_14": talib.RSI(close, 14),
        "RSI_2": talib.RSI(close, 2),
        "ATR_14": talib.ATR(high, low, close, 14),
        "ADX_14": talib.ADX(high, low, close, 14),
        "ADX_2": talib.ADX(high, low, close, 2),
        "OBV": talib.OBV(close, np.nan_to_num(bars["volume"].to_numpy())),
        # That of TA-Lib is of the population.
        "VOL_20": talib.STDDEV(logs[1:], 20) * np.sqrt(20 / 19),
        "RETURN_5": talib.ROCP(close, 5),
        "LOGRETURN_1": np.log1p(talib.ROCP(close, 1)),
    }
    made["VOL_20"] = np.concatenate(([np.nan], made["VOL_20"]))
    for name, parts in (
        ("MACD", talib.MACD(close, 12, 26, 9)),
        ("MACD_5_35_5", talib.MACD(close, 5, 35, 5)),
    ):
        made.update(
            {
                f"{name}{end}": part
                for end, part in zip(["", "_SIGNAL", "_HIST"], parts, strict=True)
            }
        )
    for name, parts in (
        ("BBANDS_20_2", talib.BBANDS(close, 20, 2, 2)),
        ("BBANDS_5_1.5", talib.BBANDS(close, 5, 1.5, 1.5)),
    ):
        ends = ["_UPPER", "_MIDDLE", "_LOWER"]
        made.update({f"{name}{end}": part for end, part in zip(ends, parts, strict=True)})
    slow, signal = talib.STOCH(high, low, close, 14, 3, 0, 3, 0)
    return {**made, "STOCH_14_3_3_K": slow, "STOCH_14_3_3_D": signal}


@pytest.mark.parametrize(
    ("symbol", "timeframe", "adjusted"),
    [("MSFT", "1d", "total_return"), ("AAPL", "1d", "split"), ("ADA/BTC", "1m", "raw")],
)
def test_indicators_equal_those_of_talib(
    api: DataAPI, symbol: str, timeframe: str, adjusted: str
) -> None:
    bars = api.get_ohlc_with_indicators(symbol, NAMES, timeframe=timeframe, adjusted=adjusted)
    pd.testing.assert_frame_equal(
        bars[["open", "high", "low", "close", "volume"]],
        api.get_ohlc(symbol, timeframe=timeframe, adjusted=adjusted),
    )
    wanted = of_talib(bars)
    assert set(wanted) == set(bars.columns[5:])
    for name, values in wanted.items():
        got = bars[name].to_numpy()
        known = ~np.isnan(values)
        assert known.sum() > 3000
        np.testing.assert_allclose(got[known], values[known], rtol=1e-9, atol=1e-9, err_msg=name)
        # TA-Lib shows the parts of an indicator from where all of them are known.
        assert (~np.isnan(got)).sum() - known.sum() in (0, 2, 4, 8), name


@pytest.mark.parametrize(
    ("symbol", "timeframe", "start"),
    [
        ("AAPL", "1d", "2009-06-01"),
        ("AAPL", "1d", "2026-07-31"),
        ("META", "1d", "2012-08-01"),
        ("AAPL", "2w", "2010-01-01"),
        ("ETH/BTC", "15m", "2018-01-25 12:34"),
    ],
)
def test_first_row_asked_for_is_right(
    api: DataAPI, symbol: str, timeframe: str, start: str
) -> None:
    # Without those that read all history anyway.
    names = [name for name in NAMES if name != "OBV"]
    bars = api.get_ohlc_with_indicators(symbol, names, start, timeframe=timeframe)
    whole = api.get_ohlc_with_indicators(symbol, names, timeframe=timeframe)
    wanted = whole.loc[pd.Timestamp(start, tz=whole.index.tz) :]
    assert 0 < len(wanted) < len(whole)
    pd.testing.assert_frame_equal(bars, wanted, rtol=1e-11, atol=1e-11, check_freq=False)
    counted = api.get_ohlc_with_indicators(symbol, "OBV", start, timeframe=timeframe)
    all_counted = api.get_ohlc_with_indicators(symbol, "OBV", timeframe=timeframe)
    assert counted["OBV"].iloc[0] == all_counted["OBV"].loc[counted.index[0]]


def test_vwap_is_that_of_the_session_so_far(api: DataAPI) -> None:
    bars = api.get_ohlc("AAPL", timeframe="5m", start="2026-08-04", end="2026-08-05")
    typical = bars[["high", "low", "close"]].mean(axis=1)
    wanted = pd.concat(
        (typical[day] * bars["volume"][day]).cumsum() / bars["volume"][day].cumsum()
        for day in ("2026-08-04", "2026-08-05")
    )
    # In the middle of a session, too.
    for start in ("2026-08-04", "2026-08-04 13:00"):
        got = api.get_ohlc_with_indicators("AAPL", "vwap", start, "2026-08-05", timeframe="5m")
        np.testing.assert_allclose(got["VWAP"], wanted[got.index], rtol=1e-12)
    assert len(got) == 36 + 78
    assert list(got.columns) == ["open", "high", "low", "close", "volume", "VWAP"]


def test_frames_have_the_same_indicators(api: DataAPI) -> None:
    asked = {"symbol": "IBM", "indicators": ["sma_3", "MACD"], "start": "2013-01-01"}
    pandas = api.get_ohlc_with_indicators(**asked)
    polars = api.get_ohlc_with_indicators(**asked, frame="polars")
    arrow = api.get_ohlc_with_indicators(**asked, frame="arrow")
    assert polars["SMA_3"].to_list() == pandas["SMA_3"].tolist() == arrow["SMA_3"].to_pylist()
    assert arrow.column_names == ["time", *pandas.columns] == polars.columns
    young = api.get_ohlc_with_indicators("META", "RSI", end="2012-06-29", frame="arrow")
    assert young["RSI"].null_count == 14


@pytest.mark.parametrize(
    ("indicators", "sentence"),
    [
        ("SAM_20", "There is no indicator 'SAM_20'; the nearest are SMA"),
        (["SMA_20", "XYZ"], "There is no indicator 'XYZ'; there are ADX, ATR, BBANDS, EMA,"),
        ("SMA_", "The indicator 'SMA_' cannot be read; expected SMA_20."),
        ("SMA_5_5", "The indicator 'SMA_5_5' cannot be read; expected SMA_20."),
        ("BBANDS_20", "The indicator 'BBANDS_20' cannot be read; expected BBANDS_20_2."),
        ("SMA_0", "The indicator 'SMA_0' has the parameter 0; expected a whole number from 1 to"),
        ("RSI_2.5", "The indicator 'RSI_2.5' has the parameter 2.5; expected a whole number"),
        ("EMA_99999", "The indicator 'EMA_99999' has the parameter 99999; expected a whole"),
        ("MACD_26_12_9", "The indicator 'MACD_26_12_9' has a quick mean that is not shorter"),
        ([], "indicators is '[]'; expected a list such as ['SMA_20', 'RSI_14']."),
        ([7], "There is no indicator '7'; there are ADX,"),
    ],
)
def test_wrong_indicator_is_one_sentence(api: DataAPI, indicators: object, sentence: str) -> None:
    with pytest.raises(BarhouseError) as caught:
        api.get_ohlc_with_indicators("AAPL", indicators)
    assert str(caught.value).startswith(sentence)


def test_vwap_of_weeks_is_refused(api: DataAPI) -> None:
    with pytest.raises(BarhouseError, match="VWAP is of one session; expected a timeframe up to"):
        api.get_ohlc_with_indicators("AAPL", ["VWAP"], timeframe="1w")


@pytest.mark.parametrize("symbol", ["AAPL", "IBM", "FB", "LTC/BTC"])
def test_mart_has_the_same_indicators(api: DataAPI, sample_house: House, symbol: str) -> None:
    mart = api.sql(
        "select * from marts.indicators_1d where symbol = $1 order by session_date", [symbol]
    )
    names = [name for name in mart.columns if name not in KEYS]
    bars = api.get_ohlc_with_indicators(symbol, MART)
    assert [name.upper() for name in names] == list(bars.columns[5:])
    if symbol == "AAPL":
        assert mart["adx_14"].notna().sum() == 3250
    wanted = bars.iloc[:, 5:].to_numpy()
    np.testing.assert_allclose(mart[names].to_numpy(dtype=float), wanted, rtol=1e-9, atol=1e-9)
    # All of an instrument at once, whatever it was called, by its permanent id.
    assert [f"{day}" for day in mart["session_date"]] == [f"{day:%Y-%m-%d}" for day in bars.index]
