"""From values to places in a picture, and the numbers beside an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_GREAT: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True)
class Scale:
    """Places of values between a lowest and a highest one.

    Attributes:
        low: The lowest value; it lies at ``bottom``.
        high: The highest value; it lies at ``top``.
        top: Distance from the top of the picture.
        bottom: Likewise, greater than ``top``.
    """

    low: float
    high: float
    top: float
    bottom: float

    def at(self, value: float) -> float:
        """Return the place of a value.

        Args:
            value: Any; one outside is held at the edge.
        """
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.bottom - share * (self.bottom - self.top)

    def ticks(self, count: int) -> list[float]:
        """Return round values within, in ascending order.

        Args:
            count: About how many.
        """
        step = _step((self.high - self.low) / max(count, 1))
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]

    def label(self, value: float, count: int) -> str:
        """Return a tick as it is written, with the decimals that tell it from the next.

        Args:
            value: One of :meth:`ticks`.
            count: As it was given there.
        """
        step = _step((self.high - self.low) / max(count, 1))
        if max(abs(self.low), abs(self.high)) >= 1e6:
            return short(value)
        decimals = max(0, -math.floor(math.log10(step)))
        is_half = not math.isclose(step * 10**decimals, round(step * 10**decimals))
        return f"{value:,.{decimals + is_half}f}"


def scale_of(values: Iterable[float], top: float, bottom: float, margin: float = 0.04) -> Scale:
    """Return a scale that holds values with some air around them.

    Args:
        values: Finite; may be empty.
        top: Distance of the highest from the top of the picture.
        bottom: Of the lowest.
        margin: Air at either side, as a fraction of the span.
    """
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    span = (high - low) or abs(high) * 0.02 or 1.0
    return Scale(low - margin * span, high + margin * span, top, bottom)


def chosen_places(count: int, most: int) -> Sequence[int]:
    """Return which of so many things in a row get a label, the first one always.

    Args:
        count: Things in the row.
        most: Labels at most.
    """
    return range(0, count, max(1, math.ceil(count / most)))


def short(value: float) -> str:
    """Return a number in about four signs: ``1.25M``, ``12.5k``, ``0.00042``.

    Args:
        value: Any finite number.
    """
    for size, letter in _GREAT:
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def plain(value: float) -> str:
    """Return a price as people read it: eight significant digits, never an exponent.

    Args:
        value: Any finite number.
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    decimals = max(0, 7 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _step(rough: float) -> float:
    size = 10.0 ** math.floor(math.log10(rough))
    return next(step * size for step in _STEPS if step * size >= rough * (1 - 1e-9))
