"""A heat map: how complete each day of each series is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from barhouse.drawing.elements import Svg, joined, tag
from barhouse.drawing.looks import STYLE

#: Least shares of the classes ``bh-q0`` and so on; what is below the last is the fifth.
CLASSES: Final = (1.0, 0.99, 0.9, 0.5)
CLASS_NAMES: Final = ("complete", "99 % or more", "90 % or more", "50 % or more", "less than 50 %")

_WIDE: Final = 10
_TALL: Final = 18
_HEAD: Final = 20
_BREAK_DAYS: Final = 10
_BREAK: Final = 8
_MONTH: Final = 56
_LETTER: Final = 6.6


@dataclass(frozen=True)
class Cell:
    """A day of a series.

    Attributes:
        share: How much of it is there, as a fraction.
        told: All of it, in a line.
        is_held: Whether a part of it is in quarantine.
    """

    share: float
    told: str
    is_held: bool = False


@dataclass(frozen=True)
class HeatMap:
    """A heat map in two parts, so that the names stay while the days are scrolled.

    Attributes:
        names: The names of the rows.
        days: The cells below their months.
    """

    names: Svg
    days: Svg


def heat_map(title: str, rows: Mapping[str, Mapping[date, Cell]]) -> HeatMap:
    """Draw a row per series and a column per day that any of them has.

    Args:
        title: What is shown, in a sentence.
        rows: By the name of the series, its days; a day that is not in it has no cell.

    Returns:
        The picture; each cell is of class ``bh-cell``, and its text is its title. Where more than
        ten days lie between two columns there is a gap.
    """
    places = _places(sorted({day for row in rows.values() for day in row}))
    width = max(places.values(), default=0) + _WIDE
    height = _HEAD + len(rows) * _TALL
    cells = [
        _cell(cell, places[day], _HEAD + number * _TALL)
        for number, row in enumerate(rows.values())
        for day, cell in sorted(row.items())
    ]
    names = [
        tag("text", name, class_="bh-name", x=0, y=_HEAD + number * _TALL + 12)
        for number, name in enumerate(rows)
    ]
    longest = max((len(name) for name in rows), default=0)
    return HeatMap(
        _framed(names, longest * _LETTER + 8, height, hidden="true"),
        _framed([_months(places), *cells], max(width, _MONTH), height, told=title),
    )


def class_of(share: float) -> int:
    """Return the class of a share, from 0 for a complete day to 4.

    Args:
        share: A fraction.
    """
    return next((n for n, least in enumerate(CLASSES) if share >= least), len(CLASSES))


def _framed(
    parts: Sequence[Svg], width: float, height: float, told: str | None = None,
    hidden: str | None = None,
) -> Svg:  # fmt: skip
    return tag(
        "svg",
        STYLE,
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        class_="bh-svg bh-heat",
        viewBox=f"0 0 {width:g} {height}",
        width=width,
        height=height,
        role=told and "img",
        aria_label=told,
        aria_hidden=hidden,
        style="display:block;flex:none",
    )


def _places(days: Sequence[date]) -> dict[date, int]:
    places: dict[date, int] = {}
    x, before = 0, None
    for day in days:
        if before is not None:
            x += _WIDE + (_BREAK if (day - before).days > _BREAK_DAYS else 0)
        places[day], before = x, day
    return places


def _months(places: Mapping[date, int]) -> Svg:
    labels, free_from, before = [], 0, ""
    for day, x in places.items():
        month = f"{day:%Y-%m}"
        if month != before and x >= free_from:
            labels.append(tag("text", month, x=x, y=12))
            free_from = x + _MONTH
        before = month
    return joined(labels)


def _cell(cell: Cell, x: int, y: int) -> Svg:
    square = tag(
        "rect", tag("title", cell.told), class_=f"bh-cell bh-q{class_of(cell.share)}",
        x=x, y=y, width=_WIDE - 1, height=_TALL - 2, rx=2,
    )  # fmt: skip
    if not cell.is_held:
        return square
    mark = tag("circle", class_="bh-held", cx=x + (_WIDE - 1) / 2, cy=y + (_TALL - 2) / 2, r=2.5)
    return joined([square, mark])
