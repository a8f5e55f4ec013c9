"""Adjusted numbers as PostgreSQL computes them, digit by digit, for rows that are not in it.

``numeric`` is exact but for division, whose result has as many decimals as ``select_div_scale`` of
PostgreSQL says (numeric.c), half away from zero. A test compares both.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_STORED: Final = 18
_SIGNIFICANT: Final = 16
_MOST: Final = 1000
_BASE: Final = 10_000
_WIDE: Final = Context(prec=60)
_BASE_DIGITS: Final = 4


@dataclass(frozen=True)
class Number:
    """A numeric.

    Attributes:
        digits: Without the point.
        scale: How many of them are decimals.
    """

    digits: int
    scale: int

    @classmethod
    def of(cls, text: str) -> Number:
        """Return what a text says, trailing zeros included.

        Args:
            text: As PostgreSQL writes a numeric.
        """
        whole, _, decimals = text.partition(".")
        return cls(int(whole + decimals), len(decimals))

    @classmethod
    def trimmed(cls, value: Decimal) -> Number:
        """Return a stored number without trailing zeros, as the marts have it.

        Args:
            value: With 18 decimals.
        """
        digits, scale = int(value.scaleb(_STORED, _WIDE)), _STORED
        while scale and digits % 10 == 0:
            digits, scale = digits // 10, scale - 1
        return cls(digits, scale)

    def over(self, other: Number) -> Number:
        """Return the quotient as PostgreSQL rounds it.

        Args:
            other: Not zero.
        """
        (weight, first), (other_weight, other_first) = self._leading(), other._leading()
        guess = weight - other_weight - (first <= other_first)
        scale = max(_SIGNIFICANT - guess * _BASE_DIGITS, self.scale, other.scale, 0)
        scale = min(scale, _MOST)
        above, below = abs(self.digits), abs(other.digits)
        moved = scale + other.scale - self.scale
        if moved >= 0:
            above *= 10**moved
        else:
            below *= 10**-moved
        digits = (2 * above + below) // (2 * below)
        return Number(-digits if (self.digits < 0) != (other.digits < 0) else digits, scale)

    def times(self, other: Number) -> Number:
        """Return the product.

        Args:
            other: Any.
        """
        return Number(self.digits * other.digits, self.scale + other.scale)

    def nearest(self) -> float:
        """Return the nearest double."""
        return self.digits / int(10**self.scale)

    def _leading(self) -> tuple[int, int]:
        # Weight and value of the first digit to base 10,000; zero counts as one of weight 0.
        if not self.digits:
            return 0, 0
        aligned = -self.scale % _BASE_DIGITS
        rest, weight = abs(self.digits) * 10**aligned, -(self.scale + aligned) // _BASE_DIGITS
        while rest >= _BASE:
            rest, weight = rest // _BASE, weight + 1
        return weight, rest


_ONE: Final = Number(1, 0)


@dataclass(frozen=True)
class Factors:
    """What adjusts bars.

    Attributes:
        split_ratio: Divides prices and multiplies volumes.
        dividend_factor: Multiplies prices; one where dividends do not count.
    """

    split_ratio: Number
    dividend_factor: Number = _ONE

    def price(self, value: Decimal) -> float:
        """Return an adjusted price.

        Args:
            value: As stored.
        """
        return Number.trimmed(value).over(self.split_ratio).times(self.dividend_factor).nearest()

    def volume(self, value: Decimal) -> float:
        """Return an adjusted volume.

        Args:
            value: As stored.
        """
        return Number.trimmed(value).times(self.split_ratio).nearest()


def adjusted(column: pa.ChunkedArray, factors: Factors, *, is_volume: bool) -> pa.ChunkedArray:
    """Return adjusted doubles.

    Args:
        column: Decimals as stored.
        factors: Of all of them.
        is_volume: Whether they are volumes.
    """
    change = factors.volume if is_volume else factors.price
    # Prices repeat: each is computed once.
    values = column.unique()
    doubles = [None if one is None else change(one) for one in values.to_pylist()]
    return pc.take(pa.chunked_array([doubles], pa.float64()), pc.index_in(column, values))


def floating(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the doubles that are nearest to decimals.

    Args:
        column: Decimals as stored.
    """
    # By way of text: a cast from decimals need not give the nearest one.
    return column.cast(pa.string()).cast(pa.float64())
