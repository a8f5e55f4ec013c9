"""Candles with their volumes and indicators, as one SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from barhouse.drawing.elements import Picture, Svg, joined, tag
from barhouse.drawing.looks import LINES, STYLE
from barhouse.drawing.scales import Scale, chosen_places, plain, scale_of, short

WIDTH: Final = 960.0
_LEFT: Final = 10.0
_RIGHT: Final = WIDTH - 70.0
_TOP: Final = 26.0
_PRICES: Final = 300.0
_VOLUMES: Final = 56.0
_PANEL: Final = 88.0
_GAP: Final = 22.0
_TICKS: Final = 6
_LABELS: Final = 8
_WIDEST: Final = 14.0


@dataclass(frozen=True)
class Candle:
    """One bar.

    Attributes:
        label: When it starts, as it is shown.
        open: Price; so are the next three.
        high: The highest.
        low: The lowest.
        close: The last.
        volume: In base units; none where it is not known.
    """

    label: str
    open: float
    high: float
    low: float
    close: float
    volume: float | None

    @property
    def is_up(self) -> bool:
        """Whether it rose or stayed."""
        return self.close >= self.open

    @property
    def told(self) -> str:
        """All of it, in a line."""
        volume = "" if self.volume is None else f"  volume {short(self.volume)}"
        prices = (self.open, self.high, self.low, self.close)
        names = ("open", "high", "low", "close")
        said = "  ".join(f"{name} {plain(one)}" for name, one in zip(names, prices, strict=True))
        return f"{self.label}  {said}{volume}"


@dataclass(frozen=True)
class Line:
    """Values over the candles.

    Attributes:
        name: Such as ``SMA_20``.
        values: One per candle; none where there is none.
        is_bars: Whether they are drawn as bars from zero.
    """

    name: str
    values: Sequence[float | None]
    is_bars: bool = False


@dataclass(frozen=True)
class Panel:
    """Lines below the prices, with a scale of their own.

    Attributes:
        name: Such as ``RSI_14``.
        lines: At least one.
    """

    name: str
    lines: Sequence[Line]


def candle_chart(
    title: str,
    candles: Sequence[Candle],
    lines: Sequence[Line] = (),
    panels: Sequence[Panel] = (),
) -> Picture:
    """Draw candles: hollow ones rose or stayed, filled ones fell.

    Args:
        title: What is shown, such as ``AAPL 1d split``.
        candles: In order of time; without one there is a sentence instead.
        lines: On the scale of the prices.
        panels: Below, each on its own.

    Returns:
        A picture 960 units wide, each candle a group of class ``bh-candle`` with its numbers as
        its title.
    """
    has_volume = any(one.volume for one in candles)
    bottom = _TOP + _PRICES
    below = bottom + (_VOLUMES if has_volume else 0)
    height = below + len(panels) * (_PANEL + _GAP) + 24
    parts = [
        STYLE,
        tag("rect", class_="bh-paper", width=WIDTH, height=height, rx=6),
    ]
    if candles:
        prices = scale_of(_prices_of(candles, lines), _TOP, bottom)
        step = (_RIGHT - _LEFT) / len(candles)
        parts += [
            _axis(prices, _TICKS),
            _times([one.label for one in candles], step, height - 8),
            _bodies(candles, prices, step, height - 24),
            _volumes(candles, below, step) if has_volume else Svg(""),
            _drawn(lines, prices, step),
            _legend(lines, 14),
        ]
        top = below + _GAP
        for panel in panels:
            parts.append(_panel(panel, top, step))
            top += _PANEL + _GAP
    else:
        parts.append(tag("text", "There are no bars to draw.", x=_LEFT, y=_TOP))
    return Picture(title, _framed(f"{title}: {_summary(candles)}", height, parts))


def _framed(told: str, height: float, parts: list[Svg]) -> Svg:
    return tag(
        "svg",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="bh-svg bh-candles",
        viewBox=f"0 0 {WIDTH:g} {height:g}",
        role="img",
        aria_label=told,
        style="width:100%;min-width:640px;height:auto;display:block",
    )


def _summary(candles: Sequence[Candle]) -> str:
    if not candles:
        return "no bars"
    first, last = candles[0], candles[-1]
    low, high = min(one.low for one in candles), max(one.high for one in candles)
    return (
        f"{len(candles)} candles from {first.label} to {last.label}, lowest {plain(low)}, "
        f"highest {plain(high)}, last close {plain(last.close)}"
    )


def _prices_of(candles: Sequence[Candle], lines: Iterable[Line]) -> list[float]:
    own = [price for one in candles for price in (one.low, one.high)]
    return own + [value for line in lines for value in line.values if value is not None]


def _axis(scale: Scale, count: int) -> Svg:
    marks = []
    for value in scale.ticks(count):
        y = scale.at(value)
        marks.append(tag("path", class_="bh-grid", d=f"M{_LEFT:g} {y:.1f}H{_RIGHT:g}"))
        marks.append(tag("text", scale.label(value, count), x=_RIGHT + 8, y=y + 4))
    return joined(marks)


def _times(labels: Sequence[str], step: float, y: float) -> Svg:
    # Without the year where there is a time of day: it would be too long.
    shown = [label if len(label) <= 10 else label[5:] for label in labels]
    return joined(
        [
            tag("text", shown[n], x=_LEFT + n * step, y=y)
            for n in chosen_places(len(labels), _LABELS)
        ]
    )


def _bodies(candles: Sequence[Candle], scale: Scale, step: float, bottom: float) -> Svg:
    width = min(max(step * 0.66, 0.6), _WIDEST)
    drawn = []
    for place, one in enumerate(candles):
        left, middle = _LEFT + place * step, _LEFT + (place + 0.5) * step
        top, base = scale.at(max(one.open, one.close)), scale.at(min(one.open, one.close))
        wick = f"M{middle:.2f} {scale.at(one.high):.2f}V{scale.at(one.low):.2f}"
        drawn.append(
            tag(
                "g",
                tag("title", one.told),
                tag("rect", class_="bh-hit", x=left, y=_TOP, width=step, height=bottom - _TOP),
                tag("path", d=wick),
                tag(
                    "rect", class_="bh-body", x=middle - width / 2, y=top, width=width,
                    height=max(base - top, 1.0),
                ),
                class_=f"bh-candle bh-{'up' if one.is_up else 'down'}",
            )
        )  # fmt: skip
    return joined(drawn)


def _volumes(candles: Sequence[Candle], bottom: float, step: float) -> Svg:
    most = max(one.volume or 0.0 for one in candles)
    width = min(max(step * 0.66, 0.6), _WIDEST)
    bars = [
        tag("text", "volume", x=_RIGHT + 8, y=bottom - _VOLUMES + 22),
        tag("text", short(most), x=_RIGHT + 8, y=bottom - _VOLUMES + 36),
    ]
    for place, one in enumerate(candles):
        tall = (one.volume or 0.0) / most * (_VOLUMES - 12)
        x = _LEFT + (place + 0.5) * step - width / 2
        bars.append(tag("rect", class_="bh-volume", x=x, y=bottom - tall, width=width, height=tall))
    return tag("g", *bars, style="pointer-events:none")


def _panel(panel: Panel, top: float, step: float) -> Svg:
    known = [value for line in panel.lines for value in line.values if value is not None]
    if any(line.is_bars for line in panel.lines):
        known.append(0.0)
    scale = scale_of(known, top, top + _PANEL)
    return tag(
        "g",
        _axis(scale, 3),
        _drawn(panel.lines, scale, step),
        _legend(panel.lines, top - 4),
        class_="bh-panel",
        style="pointer-events:none",
    )


def _drawn(lines: Sequence[Line], scale: Scale, step: float) -> Svg:
    shown = []
    for number, line in enumerate(lines):
        colour = f"bh-l{number % LINES}"
        if line.is_bars:
            shown.append(_bars(line, scale, step, colour))
        else:
            shown.append(tag("path", class_=f"bh-line {colour}", d=_path(line, scale, step)))
    return tag("g", *shown, style="pointer-events:none")


def _bars(line: Line, scale: Scale, step: float, colour: str) -> Svg:
    zero, width = scale.at(0.0), max(step * 0.6, 0.6)
    return joined(
        [
            tag(
                "rect", class_=f"bh-bar {colour}", x=_LEFT + (place + 0.5) * step - width / 2,
                y=min(zero, scale.at(value)), width=width, height=abs(zero - scale.at(value)),
            )
            for place, value in enumerate(line.values)
            if value is not None
        ]
    )  # fmt: skip


def _path(line: Line, scale: Scale, step: float) -> str:
    steps, is_open = [], False
    for place, value in enumerate(line.values):
        if value is None or not math.isfinite(value):
            is_open = False
            continue
        letter = "L" if is_open else "M"
        steps.append(f"{letter}{_LEFT + (place + 0.5) * step:.2f} {scale.at(value):.2f}")
        is_open = True
    return "".join(steps)


def _legend(lines: Sequence[Line], y: float) -> Svg:
    texts, x = [], _LEFT
    for number, line in enumerate(lines):
        newest = next((value for value in reversed(line.values) if value is not None), None)
        text = line.name if newest is None else f"{line.name} {plain(float(f'{newest:.6g}'))}"
        texts.append(tag("text", text, class_=f"bh-l{number % LINES}", x=x, y=y))
        x += 7.0 * len(text) + 18
    return joined(texts)
