"""Whole columns: windows, smoothing, quotients.

Sums of n values are made of sums of half as many, and so is what smoothing takes from before; that
is quick, and no earlier value leaves a rounding error behind. Results go where the caller says.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

Column = npt.NDArray[np.float64]

#: TA-Lib takes less for zero, too.
ZERO = 1e-14
#: Of a value that counts so little nothing is left in a sum.
_FADED = 1e-30
#: Values that are computed with at once: more leave the processor's cache.
_PART = 8000
#: Values of a row, and rows, that are smoothed by one multiplication of matrices.
_ROW, _ROWS = 16, 2048


def change_of(values: Column) -> Column:
    """Return what each value rose by; of the first nothing is known.

    Args:
        values: A column.
    """
    change = np.empty(len(values))
    change[:1] = np.nan
    np.subtract(values[1:], values[:-1], out=change[1:])
    return change


def mean_of(values: Column, n: int, result: Column, first: int = 0) -> Column:
    """Return the mean of the last n values.

    Args:
        values: A column.
        n: How many.
        result: Where it goes; not the values.
        first: Place of the first that counts.
    """
    result[: first + n - 1] = np.nan
    for place, part in parts_of(values, first, n):
        np.divide(_sums(part, n), n, out=result[place : place + len(part) - n + 1])
    return result


def parts_of(values: Column, first: int, n: int) -> Iterator[tuple[int, Column]]:
    """Yield values in parts that stay in the processor's cache, each with the n - 1 before it.

    Args:
        values: A column.
        first: Place of the first that counts.
        n: How many make one result.

    Yields:
        The place of the first result, and the values.
    """
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


def moments_of(values: Column, n: int) -> tuple[Column, Column]:
    """Return of each n values the sum, and the sum of squared distances from their mean.

    Args:
        values: A part of a column, at least n.
        n: How many.
    """
    # That of two parts follows from those of each and from how far their sums are apart.
    if n == 1:
        return values, np.zeros(len(values))
    size = n // 2
    half, squares = moments_of(values, size)
    count = len(half) - size
    apart = half[size:] - half[:count]
    sums = half[size:] + half[:count]
    apart *= apart
    apart *= 1 / (n - n % 2)
    if size > 1:
        apart += squares[:count]
        apart += squares[size:]
    if not n % 2:
        return sums, apart
    far = values[n - 1 :] * (n - 1)
    far -= sums[:-1]
    far *= far
    far *= 1 / (n * (n - 1))
    far += apart[:-1]
    return sums[:-1] + values[n - 1 :], far


def ema_of(values: Column, n: int, result: Column, first: int = 0) -> Column:
    """Return the exponential mean of values: each new one counts 2 / (n + 1).

    Args:
        values: A column.
        n: How many begin it, by their plain mean.
        result: Where it goes.
        first: Place of the first that counts.
    """
    return _smoothed(values, 2 / (n + 1), n, first, result)


def wilder_of(values: Column, n: int, first: int) -> Column:
    """Return Wilder's mean, in which each new value counts 1 / n, in the place of the values.

    Args:
        values: A column of the caller's own.
        n: How many begin it, by their plain mean.
        first: Place of the first that counts.
    """
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
    room = np.empty(min(_ROW * _ROWS, max(whole, _ROW)))
    for place in range(0, whole, _ROW * _ROWS):
        part = slice(place, min(place + _ROW * _ROWS, whole))
        if not _smooth(values[part], chain[1:][part], chain[place], alpha, room):
            return place
    rest = np.zeros((2, _ROW))
    rest[0, : len(values) - whole] = values[whole:]
    if not _smooth(rest[0], rest[1], chain[whole], alpha, room):
        return whole
    chain[1 + whole :] = rest[1, : len(values) - whole]
    return len(values)


def _smooth(values: Column, smoothed: Column, before: float, alpha: float, room: Column) -> bool:
    # In rows of a few values. What comes of each row alone tells what the next begins with; its
    # first value takes that over, and then each row is smoothed for itself.
    # A value that is missing is missing at the end of its row; then nothing is written.
    fading, within, last = _faded(alpha)
    rows = room[: len(values)].reshape(-1, _ROW)
    rows[:] = values.reshape(-1, _ROW)
    ends = rows @ last
    if np.isnan(ends.sum() + before):
        return False
    starts = np.concatenate(([before], ends[:-1]))
    _accumulate(starts, fading)
    starts *= (1 - alpha) / alpha
    rows[:, 0] += starts
    np.matmul(rows, within, out=smoothed.reshape(-1, _ROW))
    return True


@lru_cache(maxsize=64)
def _faded(alpha: float) -> tuple[float, Column, Column]:
    # What is left of a value after a row; what each value of a row counts in those that follow, and
    # in the last one.
    steps = np.arange(_ROW)
    left = np.power(1 - alpha, np.abs(steps - steps[:, None]).astype(float))
    within: Column = np.triu(left) * alpha
    return (1 - alpha) ** _ROW, within, within[:, -1].copy()


def _accumulate(values: Column, fading: float) -> None:
    # Each value takes what the one before it has, then the two before it, the four: after all
    # steps it has taken all. What fades below any double is left out.
    reach = 1
    while reach < len(values) and fading > _FADED:
        values[reach:] += values[:-reach] * fading
        reach, fading = 2 * reach, fading * fading


def divided(part: Column, whole: Column, zero: float = 0.0) -> Column:
    """Return a quotient, in the place of the part.

    Args:
        part: A column of the caller's own.
        whole: What it is divided by.
        zero: What has no whole.
    """
    is_nothing = (whole < ZERO) & (whole > -ZERO)
    if is_nothing.any():
        np.divide(part, whole, out=part, where=~is_nothing)
        part[is_nothing] = zero
    else:
        np.divide(part, whole, out=part)
    return part
