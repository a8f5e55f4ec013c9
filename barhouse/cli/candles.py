"""Candles in the terminal: one column per bar, two heights per line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.text import Text

#: By what its upper and its lower half hold: nothing, a wick, a body.
_CELLS: Final = {
    (0, 0): " ", (1, 0): "╵", (0, 1): "╷", (1, 1): "│", (2, 0): "╹", (0, 2): "╻",
    (2, 2): "┃", (1, 2): "╽", (2, 1): "╿",
}  # fmt: skip
_HEIGHTS: Final = " ▁▂▃▄▅▆▇█"
_LABEL_WIDTH: Final = 11


@dataclass(frozen=True)
class Candle:
    """One bar; a volume that is not known is zero."""

    label: str
    open: float
    high: float
    low: float
    close: float
    volume: float

    @property
    def style(self) -> str:
        """Green for a bar that rose or stayed, red for one that fell."""
        return "green" if self.close >= self.open else "red"


def fitting(width: int) -> int:
    """Return how many candles fit.

    Args:
        width: Of the terminal, in characters.
    """
    return max(width - _LABEL_WIDTH - 1, 1)


def drawn(candles: Sequence[Candle], height: int) -> list[Text]:
    """Return the lines of a chart: prices, volumes, and when it begins and ends.

    Args:
        candles: At least one, in order.
        height: Lines for the prices.
    """
    bottom, top = min(one.low for one in candles), max(one.high for one in candles)
    halves = 2 * height
    scale = (halves - 1) / (top - bottom) if top > bottom else 0.0

    def level(price: float) -> int:
        return round((price - bottom) * scale)

    columns = []
    for one in candles:
        column = [0] * halves
        column[level(one.low) : level(one.high) + 1] = [1] * (level(one.high) - level(one.low) + 1)
        body = sorted((level(one.open), level(one.close)))
        column[body[0] : body[1] + 1] = [2] * (body[1] - body[0] + 1)
        columns.append(column)
    lines = []
    for row in reversed(range(height)):
        price = bottom + (top - bottom) * row / max(height - 1, 1)
        is_marked = row % 4 == 0 or row == height - 1
        line = Text(f"{_price(price, top) if is_marked else '':>{_LABEL_WIDTH}} ")
        for one, column in zip(candles, columns, strict=True):
            line.append(_CELLS[column[2 * row + 1], column[2 * row]], one.style)
        lines.append(line)
    most = max(one.volume for one in candles)
    volumes = Text(f"{'volume' if most > 0 else '':>{_LABEL_WIDTH}} ")
    for one in candles:
        share = one.volume / most if most > 0 else 0.0
        volumes.append(_HEIGHTS[round(share * (len(_HEIGHTS) - 1))], f"dim {one.style}")
    first, last = candles[0].label, candles[-1].label
    gap = max(len(candles) - len(first) - len(last), 1)
    return [*lines, volumes, Text(f"{'':{_LABEL_WIDTH}} {first}{'':{gap}}{last}", "dim")]


def _price(price: float, top: float) -> str:
    return f"{price:.2f}" if top >= 10 else f"{price:.5f}" if top >= 0.1 else f"{price:.3e}"
