"""The arithmetic, one function per indicator, over whole columns.

Smoothing starts as in TA-Lib: with the plain mean of the first bars. What a first bar did is felt
ever less, so a few hundred bars before the first one asked for give what all of them would.
``marts.indicators_1d`` has the same definitions in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from barhouse.api.indicators.columns import (
    ZERO,
    Column,
    change_of,
    divided,
    ema_of,
    mean_of,
    moments_of,
    parts_of,
    wilder_of,
)

#: A column for each name, and the rows that an indicator fills.
Bars = Mapping[str, Any]
Rows = Sequence[Column]


def sma(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the mean of the last n closes."""
    mean_of(bars["close"], n, rows[0])


def ema(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the exponential mean of the close: each new one counts 2 / (n + 1)."""
    ema_of(bars["close"], n, rows[0])


def wma(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the mean of the last n closes, weighted 1 to n."""
    close, result = bars["close"], rows[0]
    result[: n - 1] = np.nan
    if len(close) >= n:
        weights = np.arange(1, n + 1) / (n * (n + 1) / 2)
        result[n - 1 :] = np.lib.stride_tricks.sliding_window_view(close, n) @ weights


def rsi(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in Wilder's relative strength index: gains as a percentage of gains and losses."""
    change, index = change_of(bars["close"]), rows[0]
    gains = wilder_of(np.maximum(change, 0, out=index), n, first=1)
    divided(gains, wilder_of(np.abs(change, out=change), n, first=1))
    index *= 100


def macd(bars: Bars, rows: Rows, fast: int, slow: int, signal: int) -> None:
    """Fill in the distance of two exponential means of the close, its own mean, and theirs."""
    close = bars["close"]
    line, mean, histogram = rows
    # The quicker mean starts as late as the slower one has a value.
    ema_of(close, fast, line, first=slow - fast)
    line -= ema_of(close, slow, mean)
    ema_of(line, signal, mean, first=slow - 1)
    np.subtract(line, mean, out=histogram)


def bbands(bars: Bars, rows: Rows, n: int, width: float) -> None:
    """Fill in the mean of n closes between the bands some standard deviations (of n) off."""
    lower, middle, upper = rows
    for row in rows:
        row[: n - 1] = np.nan
    for place, some in parts_of(bars["close"], 0, n):
        sums, spread = moments_of(some, n)
        part = slice(place, place + len(sums))
        np.divide(sums, n, out=middle[part])
        spread *= 1 / n
        np.sqrt(spread, out=spread)
        spread *= width
        np.subtract(middle[part], spread, out=lower[part])
        np.add(middle[part], spread, out=upper[part])


def atr(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in Wilder's mean of the true range."""
    wilder_of(_true_range(bars, rows[0]), n, first=1)


def adx(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in Wilder's average directional index."""
    up, down = change_of(bars["high"]), -change_of(bars["low"])
    plus = np.where((up > 0) & (up > down), up, 0.0)
    minus = np.where((down > 0) & (down > up), down, 0.0)
    # The first bar, which moved nowhere, counts here.
    ranges = np.nan_to_num(_true_range(bars, rows[0]))
    rose, fell, ranged = (wilder_of(moves, n, first=0) for moves in (plus, minus, ranges))
    plus_part, minus_part = divided(rose, ranged), divided(fell, ranged)
    total = plus_part + minus_part
    apart = np.multiply(100, divided(np.abs(plus_part - minus_part), total), out=rows[0])
    # A bar without any direction leaves the index as it is.
    later = np.arange(len(apart)) >= 2 * n
    apart[later & (np.abs(total) < ZERO)] = np.nan
    wilder_of(apart, n, first=n)


def stoch(bars: Bars, rows: Rows, n: int, smooth: int, signal: int) -> None:
    """Fill in where the close lies between low and high of n bars, smoothed, and its mean."""
    lowest = pd.Series(bars["low"]).rolling(n).min().to_numpy()
    highest = pd.Series(bars["high"]).rolling(n).max().to_numpy()
    place = 100 * divided(bars["close"] - lowest, highest - lowest, zero=0.0)
    slow = mean_of(place, smooth, rows[0], first=n - 1)
    mean_of(slow, signal, rows[1], first=n + smooth - 2)


def obv(bars: Bars, rows: Rows) -> None:
    """Fill in the volume of rising bars less that of falling ones, from the first bar on."""
    close, volume = bars["close"], np.nan_to_num(bars["volume"])
    signs = np.sign(np.diff(close, prepend=close[:1]))
    signs[:1] = 1.0
    np.cumsum(signs * volume, out=rows[0])


def vwap(bars: Bars, rows: Rows) -> None:
    """Fill in the mean price of the session so far, by volume.

    A bar counts at its own vwap, or at the mean of high, low and close where it has none.
    """
    own, volume = bars["vwap"], np.nan_to_num(bars["volume"])
    price = np.where(np.isnan(own), (bars["high"] + bars["low"] + bars["close"]) / 3, own)
    sums = pd.DataFrame({"notional": price * volume, "volume": volume})
    sums = sums.groupby(bars["session_date"], sort=False).cumsum()
    rows[0][:] = sums["notional"]
    divided(rows[0], sums["volume"].to_numpy(), zero=np.nan)


def vol(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the sample standard deviation of the last n logarithmic returns, per bar."""
    returns = _logarithms(bars, np.empty(len(bars["close"])), 1)
    rows[0][: n - 1] = np.nan
    for place, some in parts_of(returns, 0, n):
        _, squares = moments_of(some, n)
        squares *= 1 / (n - 1)
        np.sqrt(squares, out=rows[0][place : place + len(squares)])


def returned(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the return over n bars: 0.01 is one percent."""
    np.subtract(_became(bars, rows[0], n), 1, out=rows[0])


def logreturn(bars: Bars, rows: Rows, n: int) -> None:
    """Fill in the logarithm of what one became over n bars."""
    _logarithms(bars, rows[0], n)


def _logarithms(bars: Bars, result: Column, n: int) -> Column:
    return np.log(_became(bars, result, n), out=result)


def _became(bars: Bars, result: Column, n: int) -> Column:
    close = bars["close"]
    result[:n] = np.nan
    np.divide(close[n:], close[: max(len(close) - n, 0)], out=result[n:])
    return result


def _true_range(bars: Bars, result: Column) -> Column:
    high, low, before = bars["high"], bars["low"], bars["close"][:-1]
    # Of what comes before the first bar nothing is known, hence nothing of its range.
    result[:1] = np.nan
    for place, some in parts_of(before, 0, 1):
        now = slice(place + 1, place + 1 + len(some))
        ranged, other = result[now], np.empty(len(some))
        np.abs(np.subtract(high[now], some, out=ranged), out=ranged)
        np.maximum(ranged, np.abs(np.subtract(low[now], some, out=other), out=other), out=ranged)
        np.maximum(ranged, np.subtract(high[now], low[now], out=other), out=ranged)
    return result
