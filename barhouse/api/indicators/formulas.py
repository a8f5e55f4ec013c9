"""The arithmetic, one function per indicator, over whole columns.

Smoothing starts as in TA-Lib: with the plain mean of the first bars. What a first bar did is felt
ever less, so a few hundred bars before the first one asked for give what all of them would.
``marts.indicators_1d`` has the same definitions in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from barhouse.api.indicators.columns import (
    ZERO,
    before_and_now,
    change_of,
    divided,
    ema_of,
    mean_of,
    moments_of,
    parts_of,
    wilder_of,
)
from barhouse.api.memory import Doubles as Column
from barhouse.api.memory import blank, doubles

Bars = Mapping[str, Any]


def sma(bars: Bars, n: int) -> dict[str, Column]:
    """Return the mean of the last n closes."""
    return {"": mean_of(bars["close"], n)}


def ema(bars: Bars, n: int) -> dict[str, Column]:
    """Return the exponential mean of the close: each new one counts 2 / (n + 1)."""
    return {"": ema_of(bars["close"], n)}


def wma(bars: Bars, n: int) -> dict[str, Column]:
    """Return the mean of the last n closes, weighted 1 to n."""
    close = bars["close"]
    result = blank(len(close), n - 1)
    if len(close) >= n:
        weights = np.arange(1, n + 1) / (n * (n + 1) / 2)
        result[n - 1 :] = np.lib.stride_tricks.sliding_window_view(close, n) @ weights
    return {"": result}


def rsi(bars: Bars, n: int) -> dict[str, Column]:
    """Return Wilder's relative strength index: gains as a percentage of gains and losses."""
    change = change_of(bars["close"])
    gains = wilder_of(np.maximum(change, 0, out=doubles(len(change))), n, first=1)
    both = wilder_of(np.abs(change, out=change), n, first=1)
    index = divided(gains, both)
    index *= 100
    return {"": index}


def macd(bars: Bars, fast: int, slow: int, signal: int) -> dict[str, Column]:
    """Return the distance of two exponential means of the close, its own mean, and theirs."""
    close = bars["close"]
    # The quicker mean starts as late as the slower one has a value.
    line = ema_of(close, fast, first=slow - fast)
    line -= ema_of(close, slow)
    mean = ema_of(line, signal, first=slow - 1)
    return {"": line, "_SIGNAL": mean, "_HIST": np.subtract(line, mean, out=doubles(len(line)))}


def bbands(bars: Bars, n: int, width: float) -> dict[str, Column]:
    """Return the mean of n closes and the bands some standard deviations (of n) off."""
    lower, middle, upper = (blank(len(bars["close"]), n - 1) for _ in range(3))
    for place, some in parts_of(bars["close"], 0, n):
        sums, spread = moments_of(some, n)
        part = slice(place, place + len(sums))
        np.divide(sums, n, out=middle[part])
        spread /= n
        np.sqrt(spread, out=spread)
        spread *= width
        np.subtract(middle[part], spread, out=lower[part])
        np.add(middle[part], spread, out=upper[part])
    return {"_LOWER": lower, "_MIDDLE": middle, "_UPPER": upper}


def atr(bars: Bars, n: int) -> dict[str, Column]:
    """Return Wilder's mean of the true range."""
    return {"": wilder_of(_true_range(bars), n, first=1)}


def adx(bars: Bars, n: int) -> dict[str, Column]:
    """Return Wilder's average directional index."""
    up, down = change_of(bars["high"]), -change_of(bars["low"])
    plus = np.where((up > 0) & (up > down), up, 0.0)
    minus = np.where((down > 0) & (down > up), down, 0.0)
    # The first bar, which moved nowhere, counts here.
    ranges = np.nan_to_num(_true_range(bars))
    rose, fell, ranged = (wilder_of(moves, n, first=0) for moves in (plus, minus, ranges))
    plus_part, minus_part = divided(rose, ranged), divided(fell, ranged)
    total = plus_part + minus_part
    apart = 100 * divided(np.abs(plus_part - minus_part), total)
    # A bar without any direction leaves the index as it is.
    later = np.arange(len(apart)) >= 2 * n
    apart[later & (np.abs(total) < ZERO)] = np.nan
    return {"": wilder_of(apart, n, first=n)}


def stoch(bars: Bars, n: int, smooth: int, signal: int) -> dict[str, Column]:
    """Return where the close lies between low and high of n bars, smoothed, and its mean."""
    lowest = pd.Series(bars["low"]).rolling(n).min().to_numpy()
    highest = pd.Series(bars["high"]).rolling(n).max().to_numpy()
    place = 100 * divided(bars["close"] - lowest, highest - lowest, zero=0.0)
    slow = mean_of(place, smooth, first=n - 1)
    return {"_K": slow, "_D": mean_of(slow, signal, first=n + smooth - 2)}


def obv(bars: Bars) -> dict[str, Column]:
    """Return the volume of rising bars less that of falling ones, from the first bar on."""
    close, volume = bars["close"], np.nan_to_num(bars["volume"])
    if len(close) == 0:
        return {"": close}
    signs = np.sign(np.diff(close, prepend=close[0]))
    signs[0] = 1.0
    return {"": np.cumsum(signs * volume)}


def vwap(bars: Bars) -> dict[str, Column]:
    """Return the mean price of the session so far, by volume.

    A bar counts at its own vwap, or at the mean of high, low and close where it has none.
    """
    own, volume = bars["vwap"], np.nan_to_num(bars["volume"])
    price = np.where(np.isnan(own), (bars["high"] + bars["low"] + bars["close"]) / 3, own)
    sums = pd.DataFrame({"notional": price * volume, "volume": volume})
    sums = sums.groupby(bars["session_date"], sort=False).cumsum()
    notional = np.array(sums["notional"])
    return {"": divided(notional, sums["volume"].to_numpy(), zero=np.nan)}


def vol(bars: Bars, n: int) -> dict[str, Column]:
    """Return the sample standard deviation of the last n logarithmic returns, per bar."""
    result = blank(len(bars["close"]), n - 1)
    for place, some in parts_of(logreturn(bars, 1)[""], 0, n):
        _, squares = moments_of(some, n)
        squares /= n - 1
        np.sqrt(squares, out=result[place : place + len(squares)])
    return {"": result}


def returned(bars: Bars, n: int) -> dict[str, Column]:
    """Return the return over n bars: 0.01 is one percent."""
    return {"": before_and_now(bars["close"], n)[1] / before_and_now(bars["close"], n)[0] - 1}


def logreturn(bars: Bars, n: int) -> dict[str, Column]:
    """Return the logarithm of what one became over n bars."""
    before, now = before_and_now(bars["close"], n)
    return {"": np.log(now / before)}


def _true_range(bars: Bars) -> Column:
    high, low, before = bars["high"], bars["low"], bars["close"][:-1]
    # Of what comes before the first bar nothing is known, hence nothing of its range.
    result = blank(len(high), 1)
    for place, some in parts_of(before, 0, 1):
        now = slice(place + 1, place + 1 + len(some))
        ranged, other = result[now], np.empty(len(some))
        np.abs(np.subtract(high[now], some, out=ranged), out=ranged)
        np.maximum(ranged, np.abs(np.subtract(low[now], some, out=other), out=other), out=ranged)
        np.maximum(ranged, np.subtract(high[now], low[now], out=other), out=ranged)
    return result
