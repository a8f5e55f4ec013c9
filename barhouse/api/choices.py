"""Words that users choose, and what is said of a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from barhouse.errors import BarhouseError

Adjusted = Literal["raw", "split", "total_return"]
Frame = Literal["pandas", "polars", "arrow"]

ADJUSTED: Final = ("raw", "split", "total_return")
FRAMES: Final = ("pandas", "polars", "arrow")
PRICES: Final = ("open", "high", "low", "close")
OHLCV: Final = (*PRICES, "volume")
MORE_COLUMNS: Final = ("vwap", "trade_count", "is_final")
#: Timeframes that the mart of all timeframes has, in minutes.
MART_MINUTES: Final = {1: "1m", 5: "5m", 15: "15m", 30: "30m", 60: "1h", 240: "4h"}
TIMEFRAMES: Final = (*MART_MINUTES.values(), "1d", "1w", "1mo")

_MOST: Final = {"minute": 1440, "day": 366, "week": 104, "month": 240}
_UNITS: Final = {"d": "day", "w": "week", "mo": "month"}
_SHORT: Final = {unit: short for short, unit in _UNITS.items()}


@dataclass(frozen=True)
class Timeframe:
    """How long a bar is.

    Attributes:
        unit: ``minute``, ``day``, ``week`` or ``month``.
        count: How many of them.
    """

    unit: str
    count: int

    @property
    def is_intraday(self) -> bool:
        """Whether bars are labelled by an instant; longer ones by a date."""
        return self.unit == "minute"

    @property
    def name(self) -> str:
        """As it is written: ``65m``, ``2h``, ``1d``, ``1mo``."""
        if not self.is_intraday:
            return f"{self.count}{_SHORT[self.unit]}"
        hours, minutes = divmod(self.count, 60)
        return f"{self.count}m" if minutes else f"{hours}h"

    @property
    def days(self) -> int:
        """Calendar days that one bar covers at most, from one."""
        return {"minute": 1, "day": 1, "week": 7, "month": 31}[self.unit] * (
            1 if self.is_intraday else self.count
        )


def timeframe_of(text: object) -> Timeframe:
    """Return the timeframe that a user named.

    Args:
        text: A whole number and ``m``, ``h``, ``d``, ``w`` or ``mo``.

    Raises:
        BarhouseError: It is none.
    """
    if isinstance(text, str) and text in _KNOWN:
        return _KNOWN[text]
    found = re.fullmatch(r"([0-9]{1,5})(mo|[mhdwMHDW])", text) if isinstance(text, str) else None
    if found is None or found[2] == "M":
        near = difflib.get_close_matches(str(text).lower(), TIMEFRAMES, n=2, cutoff=0.3)
        near = ["1m", "1mo"] if str(text) == "1M" else near
        hint = f"; the nearest are {' and '.join(near)}" if near else ""
        raise BarhouseError(
            f"{shown(text)} is no timeframe{hint}. Expected one of {', '.join(TIMEFRAMES)}, or "
            "another number of m, h, d, w or mo, such as 65m or 2h."
        )
    count, unit = int(found[1]), found[2].lower()
    if unit in _UNITS:
        timeframe = Timeframe(_UNITS[unit], count)
    else:
        timeframe = Timeframe("minute", count * (60 if unit == "h" else 1))
    most = Timeframe(timeframe.unit, _MOST[timeframe.unit])
    if not 1 <= timeframe.count <= most.count:
        least = Timeframe(timeframe.unit, 1)
        raise BarhouseError(
            f"A bar of {text} cannot be built; expected {least.name} to {most.name}."
        )
    return timeframe


_KNOWN: Final[dict[str, Timeframe]] = {}
_KNOWN.update({name: timeframe_of(name) for name in TIMEFRAMES})


def one_of(value: object, known: Sequence[str], what: str) -> str:
    """Return a word if it is known.

    Args:
        value: What was given.
        known: What there is.
        what: The name of the parameter.

    Raises:
        BarhouseError: It is another.
    """
    if isinstance(value, str) and value in known:
        return value
    raise BarhouseError(f"{what} is {shown(value)}; expected {' or '.join(known)}.")


def columns_of(columns: object, timeframe: Timeframe) -> tuple[str, ...]:
    """Return the columns that were asked for.

    Args:
        columns: Names, or none for open, high, low, close and volume.
        timeframe: Weeks and months have no vwap.

    Raises:
        BarhouseError: A column is unknown, or not there for this timeframe.
    """
    if columns is None:
        return OHLCV
    given = [columns] if isinstance(columns, str) else list(columns)  # type: ignore[call-overload]
    known = [*OHLCV, *MORE_COLUMNS]
    if not timeframe.is_intraday and timeframe.name != "1d":
        known.remove("vwap")
    for name in given:
        if name not in known:
            raise BarhouseError(
                f"There is no column {shown(name)} for {timeframe.name}; expected any of "
                f"{', '.join(known)}."
            )
    if not given:
        raise BarhouseError(f"columns is empty; expected any of {', '.join(known)}.")
    return tuple(dict.fromkeys(given))


def nearest(word: str, known: Iterable[str], count: int = 5) -> list[str]:
    """Return the known words that are most like one, whatever the case.

    Args:
        word: What was given.
        known: What there is.
        count: How many at most.
    """
    folded: dict[str, list[str]] = {}
    for name in sorted(known):
        folded.setdefault(name.upper(), []).append(name)
    close = difflib.get_close_matches(word.upper(), folded, n=count, cutoff=0.4)
    return [name for key in close for name in folded[key]][:count]


def shown(value: object) -> str:
    """Return a value as an error shows it: in quotes, short, on one line.

    Args:
        value: Whatever a user gave.
    """
    text = "".join(c if c.isprintable() else "?" for c in str(value)[:64])
    return f"'{text}'"
