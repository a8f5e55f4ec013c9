"""What every contestant is asked, and what the right answers are. Needs numpy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from benchmarks.generator import DAY, Bars, Market, Session, digest, total

#: Asked of all, with the words of the table.
QUESTIONS: Final = {
    "days_one": "1 symbol, a year of days",
    "minutes_one": "1 symbol, a year of minutes",
    "days_many": "{many} symbols, a year of days",
    "days_of_minutes": "days of all {minutes:,} minutes",
    "cross_section": "all {day_symbols} symbols on one day",
}


@dataclass(frozen=True)
class Asked:
    """Which symbols and days the questions are about; dates are ISO 8601 and inclusive.

    Attributes:
        market: What the contestants hold.
    """

    market: Market

    #: Of the symbols that questions for one are about.
    number = 1

    @property
    def one_day_symbol(self) -> str:
        """The symbol with daily bars."""
        return self.market.day_symbols[self.number]

    @property
    def one_minute_symbol(self) -> str:
        """The symbol with minutes."""
        return self.market.minute_symbols[self.number]

    @property
    def many(self) -> list[str]:
        """The symbols with daily bars that a question for many is about."""
        return self.market.day_symbols[: self.market.scale.many]

    @cached_property
    def year(self) -> tuple[str, str]:
        """First and last session of the newest year of days."""
        days = self.market.day_sessions
        return next(one.day for one in days if one.day[:4] == days[-1].day[:4]), days[-1].day

    @property
    def minute_days(self) -> tuple[str, str]:
        """First and last session of the minutes asked for."""
        return self.market.year_sessions[0].day, self.market.year_sessions[-1].day

    @property
    def one_day(self) -> str:
        """The session of the cross-section."""
        return self.market.day_sessions[-100].day

    def text(self, name: str) -> str:
        """Return what is asked, in words.

        Args:
            name: One of :data:`QUESTIONS`.
        """
        scale = self.market.scale
        minutes = scale.symbols * sum(one.minutes for one in self.market.year_sessions)
        return QUESTIONS[name].format(
            many=scale.many, day_symbols=scale.day_symbols, minutes=minutes
        )

    def right(self, name: str) -> list[int]:
        """Return the digest of the right answer.

        Args:
            name: One of :data:`QUESTIONS`.
        """
        symbols = range(self.market.scale.symbols)
        answers: dict[str, Callable[[], list[Bars]]] = {
            "days_one": lambda: [self._days(self.number, *self.year)],
            "minutes_one": lambda: [self._minutes(self.market.minutes(self.number))],
            "days_many": lambda: [self._days(n, *self.year) for n in range(len(self.many))],
            "days_of_minutes": lambda: [
                self._minutes(self.market.days_of_minutes(number)) for number in symbols
            ],
            "cross_section": lambda: [
                self._days(number, self.one_day, self.one_day)
                for number in range(self.market.scale.day_symbols)
            ],
        }
        return total([digest(bars.columns(), units=1) for bars in answers[name]()])

    def right_adjusted(self) -> tuple[int, float]:
        """Return count and sum of the adjusted closes of the many, over the year."""
        first = sum(one.day < self.year[0] for one in self.market.day_sessions)
        closes = [self.market.adjusted_closes(n)[first:] for n in range(len(self.many))]
        return sum(map(len, closes)), float(sum(one.sum() for one in closes))

    def _days(self, number: int, first: str, last: str) -> Bars:
        return self.market.days(number).between(midnight(first), midnight(last) + 1)

    def _minutes(self, bars: Bars) -> Bars:
        first, last = self.minute_days
        return bars.between(midnight(first), midnight(last) + DAY)


def midnight(day: str) -> int:
    """Return the beginning of a date in UTC, in microseconds.

    Args:
        day: ISO 8601.
    """
    return Session(day, 0, 0).midnight
