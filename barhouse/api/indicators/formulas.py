"""The arithmetic, one function per indicator, over whole columns.

Smoothing starts as in TA-Lib: with the plain mean of the first bars. What a first bar did is felt
ever less, so a few hundred bars before the first one asked for give what all of them would.
``marts.indicators_1d`` has the same definitions in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from barhouse.api.memory import Doubles as Column
from barhouse.api.memory import blank, doubles

Bars = Mapping[str, Any]

#: TA-Lib takes less for zero, too.
_ZERO = 1e-14
#: Of a value that counts so little nothing is left in a sum.
_FADED = 1e-30
#: Values that are computed with at once: more leave the processor's cache.
_PART = 15000
#: Values of a row, and rows, that are smoothed by one multiplication of matrices.
_ROW, _ROWS = 16, 2048


def sma(bars: Bars, n: int) -> dict[str, Column]:
    """Return the mean of the last n closes."""
    return {"": _mean(bars["close"], n)}


def ema(bars: Bars, n: int) -> dict[str, Column]:
    """Return the exponential mean of the close: each new one counts 2 / (n + 1)."""
    return {"": _ema(bars["close"], n)}


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
    change = _change(bars["close"])
    gains = _wilder(np.maximum(change, 0, out=doubles(len(change))), n, first=1)
    both = _wilder(np.abs(change, out=change), n, first=1)
    index = _divided(gains, both)
    index *= 100
    return {"": index}


def macd(bars: Bars, fast: int, slow: int, signal: int) -> dict[str, Column]:
    """Return the distance of two exponential means of the close, its own mean, and theirs."""
    close = bars["close"]
    # The quicker mean starts as late as the slower one has a value.
    line = _ema(close, fast, first=slow - fast)
    line -= _ema(close, slow)
    mean = _ema(line, signal, first=slow - 1)
    return {"": line, "_SIGNAL": mean, "_HIST": np.subtract(line, mean, out=doubles(len(line)))}


def bbands(bars: Bars, n: int, width: float) -> dict[str, Column]:
    """Return the mean of n closes and the bands some standard deviations (of n) off."""
    lower, middle, upper = (blank(len(bars["close"]), n - 1) for _ in range(3))
    for place, some in _parts(bars["close"], 0, n):
        sums, spread = _moments(some, n)
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
    return {"": _wilder(_true_range(bars), n, first=1)}


def adx(bars: Bars, n: int) -> dict[str, Column]:
    """Return Wilder's average directional index."""
    up, down = _change(bars["high"]), -_change(bars["low"])
    plus = np.where((up > 0) & (up > down), up, 0.0)
    minus = np.where((down > 0) & (down > up), down, 0.0)
    # The first bar, which moved nowhere, counts here.
    ranges = np.nan_to_num(_true_range(bars))
    rose, fell, ranged = (_wilder(moves, n, first=0) for moves in (plus, minus, ranges))
    plus_part, minus_part = _divided(rose, ranged), _divided(fell, ranged)
    total = plus_part + minus_part
    apart = 100 * _divided(np.abs(plus_part - minus_part), total)
    # A bar without any direction leaves the index as it is.
    later = np.arange(len(apart)) >= 2 * n
    apart[later & (np.abs(total) < _ZERO)] = np.nan
    return {"": _wilder(apart, n, first=n)}


def stoch(bars: Bars, n: int, smooth: int, signal: int) -> dict[str, Column]:
    """Return where the close lies between low and high of n bars, smoothed, and its mean."""
    lowest = pd.Series(bars["low"]).rolling(n).min().to_numpy()
    highest = pd.Series(bars["high"]).rolling(n).max().to_numpy()
    place = 100 * _divided(bars["close"] - lowest, highest - lowest, zero=0.0)
    slow = _mean(place, smooth, first=n - 1)
    return {"_K": slow, "_D": _mean(slow, signal, first=n + smooth - 2)}


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
    return {"": _divided(notional, sums["volume"].to_numpy(), zero=np.nan)}


def vol(bars: Bars, n: int) -> dict[str, Column]:
    """Return the sample standard deviation of the last n logarithmic returns, per bar."""
    result = blank(len(bars["close"]), n - 1)
    for place, some in _parts(logreturn(bars, 1)[""], 0, n):
        _, squares = _moments(some, n)
        squares /= n - 1
        np.sqrt(squares, out=result[place : place + len(squares)])
    return {"": result}


def returned(bars: Bars, n: int) -> dict[str, Column]:
    """Return the return over n bars: 0.01 is one percent."""
    return {"": _before(bars["close"], n)[1] / _before(bars["close"], n)[0] - 1}


def logreturn(bars: Bars, n: int) -> dict[str, Column]:
    """Return the logarithm of what one became over n bars."""
    before, now = _before(bars["close"], n)
    return {"": np.log(now / before)}


def _before(values: Column, n: int) -> tuple[Column, Column]:
    before = blank(len(values), n)
    before[n:] = values[: max(len(values) - n, 0)]
    return before, values


def _change(values: Column) -> Column:
    change = doubles(len(values))
    change[:1] = np.nan
    np.subtract(values[1:], values[:-1], out=change[1:])
    return change


def _mean(values: Column, n: int, first: int = 0) -> Column:
    result = blank(len(values), first + n - 1)
    for place, part in _parts(values, first, n):
        result[place : place + len(part) - n + 1] = _sums(part, n) / n
    return result


def _parts(values: Column, first: int, n: int) -> Iterator[tuple[int, Column]]:
    # Values in parts that stay in the processor's cache, each with the n - 1 before it, and the
    # place of the first value that has so many.
    length = max(_PART, 4 * n)
    for start in range(first, len(values) - n + 1, length):
        yield start + n - 1, values[start : start + length + n - 1]


def _sums(values: Column, n: int) -> Column:
    # Of each n values that follow one another, from sums of half as many: with few additions for
    # each sum, and none that an earlier value has a part in.
    if n == 1:
        return values
    half = _sums(values, n // 2)
    sums = half[: len(half) - n // 2] + half[n // 2 :]
    return sums[:-1] + values[n - 1 :] if n % 2 else sums


def _moments(values: Column, n: int) -> tuple[Column, Column]:
    # Of each n values the sum, and the sum of squared distances from their mean: that of two parts
    # follows from those of each and from how far their sums are apart.
    if n == 1:
        return values, np.zeros(len(values))
    size = n // 2
    half, squares = _moments(values, size)
    count = len(half) - size
    apart = half[size:] - half[:count]
    sums = half[size:] + half[:count]
    apart *= apart
    apart /= n - n % 2
    if size > 1:
        apart += squares[:count]
        apart += squares[size:]
    if not n % 2:
        return sums, apart
    far = values[n - 1 :] * (n - 1)
    far -= sums[:-1]
    far *= far
    far /= n * (n - 1)
    far += apart[:-1]
    return sums[:-1] + values[n - 1 :], far


def _ema(values: Column, n: int, first: int = 0) -> Column:
    return _smoothed(values, 2 / (n + 1), n, first, doubles(len(values)))


def _wilder(values: Column, n: int, first: int) -> Column:
    # In the place of the values.
    return _smoothed(values, 1 / n, n, first, values)


def _smoothed(values: Column, alpha: float, seed: int, first: int, result: Column) -> Column:
    # From `first` on: the mean of `seed` values, then each new value counts alpha. A missing value
    # changes nothing.
    start = first + seed
    if len(values) < start:
        result[:] = np.nan
        return result
    chain, later = result[start - 1 :], values[start:]
    chain[0] = values[first:start].mean()
    done = _smooth_all(later, chain, alpha)
    if done < len(later):
        rest = pd.Series(np.concatenate((chain[done : done + 1], later[done:])))
        chain[done:] = rest.ewm(alpha=alpha, adjust=False, ignore_na=True).mean()
    result[: start - 1] = np.nan
    return result


def _smooth_all(values: Column, chain: Column, alpha: float) -> int:
    # Behind the first value of the chain; returns how many, up to where one is missing.
    whole = len(values) // _ROW * _ROW
    for place in range(0, whole, _ROW * _ROWS):
        part = slice(place, min(place + _ROW * _ROWS, whole))
        if not _smooth(values[part], chain[1:][part], chain[place], alpha):
            return place
    rest = np.zeros((2, _ROW))
    rest[0, : len(values) - whole] = values[whole:]
    if not _smooth(rest[0], rest[1], chain[whole], alpha):
        return whole
    chain[1 + whole :] = rest[1, : len(values) - whole]
    return len(values)


def _smooth(values: Column, smoothed: Column, before: float, alpha: float) -> bool:
    # In rows of a few values: smoothed within each row, to which comes what faded of those before.
    # A value that is missing is missing in all its row; then nothing is written.
    fading, within = _faded(alpha)
    rows, faded = doubles(2 * len(values)).reshape(2, -1, _ROW)
    np.matmul(values.reshape(-1, _ROW), within, out=rows)
    ends = np.concatenate(([before], rows[:-1, -1]))
    if np.isnan(ends.sum() + rows[-1, -1]):
        return False
    _accumulate(ends, fading[-1])
    np.multiply(ends[:, None], fading[1:], out=faded)
    np.add(rows, faded, out=smoothed.reshape(-1, _ROW))
    return True


@lru_cache(maxsize=64)
def _faded(alpha: float) -> tuple[Column, Column]:
    # What is left of a value after no, one, two steps; and what each value of a row counts in those
    # that follow.
    fading: Column = np.power(1 - alpha, np.arange(_ROW + 1.0))
    steps = np.arange(_ROW)
    within: Column = np.triu(fading[np.abs(steps - steps[:, None])]) * alpha
    return fading, within


def _accumulate(values: Column, fading: float) -> None:
    # Each value takes what the one before it has, then the two before it, the four: after all
    # steps it has taken all. What fades below any double is left out.
    reach = 1
    while reach < len(values) and fading > _FADED:
        values[reach:] += values[:-reach] * fading
        reach, fading = 2 * reach, fading * fading


def _true_range(bars: Bars) -> Column:
    high, low, before = bars["high"], bars["low"], bars["close"][:-1]
    # Of what comes before the first bar nothing is known, hence nothing of its range.
    result = blank(len(high), 1)
    ranged, other = result[1:], doubles(max(len(high) - 1, 0))
    np.abs(np.subtract(high[1:], before, out=ranged), out=ranged)
    np.maximum(ranged, np.abs(np.subtract(low[1:], before, out=other), out=other), out=ranged)
    np.maximum(ranged, np.subtract(high[1:], low[1:], out=other), out=ranged)
    return result


def _divided(part: Column, whole: Column, zero: float = 0.0) -> Column:
    # In the place of the part. What has no whole is `zero`.
    is_nothing = (whole < _ZERO) & (whole > -_ZERO)
    if is_nothing.any():
        np.divide(part, whole, out=part, where=~is_nothing)
        part[is_nothing] = zero
    else:
        np.divide(part, whole, out=part)
    return part
