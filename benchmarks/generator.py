"""Bars for measuring: made of arithmetic and fixed seeds, the same in each run and on each machine.

Needs numpy alone, so that the peers can make the same bars in an environment of their own. Times
are microseconds since 1970, prices are whole cents, vwaps hundredths of cents, volumes shares: all
of them int64, so that sums are exact.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

MINUTE: Final = 60_000_000
DAY: Final = 1440 * MINUTE
#: What an answer is checked by, beside the count of its rows.
SUMMED: Final = ("open", "high", "low", "close", "volume")
_ROOM: Final = 500
_SPLIT_AT, _DIVIDEND_EVERY = 120, 63


@dataclass(frozen=True)
class Scale:
    """How much is measured.

    Attributes:
        symbols: With minutes.
        sessions: Days of minutes before the last ones; 0 for the whole year.
        history: Of these, how many are landed before a first day is measured.
        repeats: How many single sessions are measured, after the history and at the end.
        day_symbols: With daily bars, others than those with minutes.
        years: Of daily bars.
        many: How many symbols a question for many has.
    """

    symbols: int
    sessions: int
    history: int
    repeats: int
    day_symbols: int
    years: int
    many: int


SCALES: Final[Mapping[str, Scale]] = {
    "small": Scale(4, 10, 3, 1, 6, 1, 4),
    "reference": Scale(20, 0, 26, 3, 100, 10, 100),
    "full": Scale(100, 0, 26, 3, 500, 10, 100),
}


@dataclass(frozen=True)
class Session:
    """One session of the exchange.

    Attributes:
        day: Its date, ISO 8601.
        open_at: Its first instant, in microseconds.
        minutes: Its length.
    """

    day: str
    open_at: int
    minutes: int

    @property
    def midnight(self) -> int:
        """The beginning of its date in UTC, in microseconds."""
        return (date.fromisoformat(self.day) - date(1970, 1, 1)).days * DAY


@dataclass(frozen=True)
class Bars:
    """Bars of one symbol, in the order of time; columns of equal length."""

    time: Ints
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    vwap: Ints
    volume: Ints
    trade_count: Ints

    def __len__(self) -> int:
        """How many bars."""
        return len(self.time)

    def between(self, first: int, end: int) -> Bars:
        """Return the bars that start in [first, end), in microseconds."""
        span = slice(*np.searchsorted(self.time, [first, end]))
        return Bars(**{name: column[span] for name, column in self.columns().items()})

    def columns(self) -> dict[str, Ints]:
        """Return the columns by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def values(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return prices in dollars and the rest as it is, as most keep bars; without times."""
        prices = {name: getattr(self, name) / 100 for name in ("open", "high", "low", "close")}
        activity = {"volume": self.volume.astype(float), "trade_count": self.trade_count}
        return {**prices, "vwap": self.vwap / 10_000, **activity}


@dataclass(frozen=True)
class Action:
    """A split (its ratio) or a dividend (its amount, in cents) on the session of its ex-date."""

    place: int
    split_ratio: int = 0
    dividend: int = 0


@dataclass(frozen=True)
class Market:
    """What the generator makes for one scale.

    Attributes:
        scale: How much.
        minute_sessions: Those with minutes: ``scale.sessions``, then ``scale.repeats`` more.
        day_sessions: Those with daily bars, up to the end of the year of the minutes.
    """

    scale: Scale
    minute_sessions: tuple[Session, ...]
    day_sessions: tuple[Session, ...]

    @classmethod
    def of(cls, scale: Scale, sessions: Sequence[Session], year: int) -> Self:
        """Choose from the sessions of an exchange.

        Args:
            scale: How much.
            sessions: From ``scale.years`` years before the end of the year to some after it.
            year: The year of the minutes.

        Raises:
            ValueError: There are not enough sessions.
        """
        first = next((n for n, one in enumerate(sessions) if one.day >= f"{year}"), len(sessions))
        in_year = sum(one.day[:4] == f"{year}" for one in sessions)
        end = first + (scale.sessions or in_year) + scale.repeats
        since = f"{year + 1 - scale.years}"
        days = [one for one in sessions if since <= one.day < f"{year + 1}"]
        if end > len(sessions) or not days or days[0].day[5:] > "01-05":
            raise ValueError(f"The sessions from {since} to {year + 1} are not all there.")
        return cls(scale, tuple(sessions[first:end]), tuple(days))

    @property
    def minute_symbols(self) -> list[str]:
        """Symbols with minutes, such as MIN003."""
        return [f"MIN{number:03}" for number in range(self.scale.symbols)]

    @property
    def day_symbols(self) -> list[str]:
        """Symbols with daily bars, such as DAY003."""
        return [f"DAY{number:03}" for number in range(self.scale.day_symbols)]

    @property
    def year_sessions(self) -> tuple[Session, ...]:
        """The minute sessions without the last ones: what questions for a year are about."""
        return self.minute_sessions[: len(self.minute_sessions) - self.scale.repeats]

    def minutes(self, number: int) -> Bars:
        """Return all minutes of a symbol.

        Args:
            number: Of the symbol, from 0.
        """
        return _walk(self._minute_times, 5_000 + 300 * number, 3, seed=number)

    def days_of_minutes(self, number: int) -> Bars:
        """Return the daily bars of the minutes of a symbol; their vwap is left 0."""
        bars = self.minutes(number)
        lengths = [one.minutes for one in self.minute_sessions]
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        ends = starts + lengths - 1
        return Bars(
            time=np.array([one.midnight for one in self.minute_sessions]),
            open=bars.open[starts],
            high=np.maximum.reduceat(bars.high, starts),
            low=np.minimum.reduceat(bars.low, starts),
            close=bars.close[ends],
            vwap=np.zeros(len(starts), np.int64),
            volume=np.add.reduceat(bars.volume, starts),
            trade_count=np.add.reduceat(bars.trade_count, starts),
        )

    def days(self, number: int) -> Bars:
        """Return all daily bars of a symbol, as traded: prices fall by the ratio of a split."""
        times = np.array([one.midnight for one in self.day_sessions])
        bars = _walk(times, 6_000 + 37 * number, 30, seed=100_000 + number)
        ratios = np.ones(len(bars), np.int64)
        for action in self.actions(number):
            if action.split_ratio:
                ratios[: action.place] *= action.split_ratio
        raw = {name: getattr(bars, name) * ratios for name in (*SUMMED[:4], "vwap")}
        return Bars(**{**bars.columns(), **raw})

    def actions(self, number: int) -> list[Action]:
        """Return splits and dividends of a symbol: each fifth has one, each second pays."""
        count, found = len(self.day_sessions), []
        split_at = count - _SPLIT_AT - number % 50
        if number % 5 == 0:
            found.append(Action(split_at, split_ratio=2))
        if number % 2 == 0:
            places = range(10 + number % 20, count, _DIVIDEND_EVERY)
            found += [Action(place, dividend=25) for place in places if place != split_at]
        return found

    def adjusted_closes(self, number: int) -> np.ndarray[Any, Any]:
        """Return the closes of the daily bars in dollars, adjusted for splits and dividends."""
        closes = self.days(number).close / 100
        factors = np.ones(len(closes))
        for action in self.actions(number):
            paid = action.dividend / 100 / closes[action.place - 1]
            factors[: action.place] *= (1 - paid) / (action.split_ratio or 1)
        adjusted: np.ndarray[Any, Any] = closes * factors
        return adjusted

    @cached_property
    def _minute_times(self) -> Ints:
        return np.concatenate(
            [one.open_at + MINUTE * np.arange(one.minutes) for one in self.minute_sessions]
        )

    def write(self, path: Path) -> None:
        """Write it to a file, for another process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what :meth:`write` wrote."""
        given = json.loads(path.read_text(encoding="utf-8"))
        sessions = (
            tuple(Session(**one) for one in given[name])
            for name in ("minute_sessions", "day_sessions")
        )
        return cls(Scale(**given["scale"]), *sessions)


def digest(columns: Mapping[str, Any], *, units: int = 100) -> list[int]:
    """Return the count of bars and the exact sums of their columns.

    Args:
        columns: By the names of :data:`SUMMED`: numbers, such as a data frame has them.
        units: How many units of the result a price of 1 has; 1 where prices are cents already.
    """
    found = [len(columns[SUMMED[0]])]
    for name in SUMMED:
        scaled = np.asarray(columns[name], float) * (1 if name == "volume" else units)
        found.append(int(np.rint(scaled).astype(np.int64).sum()))
    return found


def total(digests: Sequence[Sequence[int]]) -> list[int]:
    """Return the digest of several answers together."""
    return [sum(parts) for parts in zip(*digests, strict=True)]


def _walk(times: Ints, start: int, step: int, *, seed: int) -> Bars:
    draw, count = np.random.default_rng([20_240_102, seed]), len(times)
    # Folded at a price that is far from nothing.
    closes = np.abs(start + np.cumsum(draw.integers(-step, step + 1, count)) - _ROOM) + _ROOM
    opens = np.concatenate([[start], closes[:-1]]) + draw.integers(-1, 2, count)
    highs = np.maximum(opens, closes) + draw.integers(0, step + 1, count)
    lows = np.minimum(opens, closes) - draw.integers(0, step + 1, count)
    volumes = draw.integers(100, 90_000, count)
    vwaps = (opens + highs + lows + closes) * 25
    return Bars(times, opens, highs, lows, closes, vwaps, volumes, volumes // 100 + 1)
