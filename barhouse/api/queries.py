"""What is asked for, once it was understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from barhouse.api.choices import Adjusted, Timeframe
from barhouse.api.meanings import Asked
from barhouse.api.standing import Moment
from barhouse.api.times import Bound


@dataclass(frozen=True)
class AsOf:
    """What was known then.

    Attributes:
        instant: In UTC.
        day: The last day that counts.
        is_loaded: Whether bars count as known since they landed; else since their day.
    """

    instant: datetime
    day: date
    is_loaded: bool


@dataclass(frozen=True)
class BarsQuery:
    """Which bars.

    Attributes:
        instruments: Their ids, in the order of the answer.
        timeframe: How long the bars are.
        adjusted: ``raw``, ``split`` or ``total_return``.
        columns: Names.
        days: First and last session day; of bars longer than a day, of their label.
        instants: First and last start of an intraday bar; none for longer ones.
        is_exact: Decimals as stored, instead of doubles.
        as_of: What was known then; none for now.
    """

    instruments: tuple[int, ...]
    timeframe: Timeframe
    adjusted: Adjusted
    columns: tuple[str, ...]
    days: tuple[date, date]
    instants: tuple[datetime, datetime] | None
    is_exact: bool = False
    as_of: AsOf | None = None


@dataclass(frozen=True)
class Question:
    """What a user asks for, as given.

    Attributes:
        symbols: One or several.
        start: Of the first bar.
        end: Of the last bar.
        timeframe: Its name.
        adjusted: ``raw``, ``split`` or ``total_return``.
        columns: Names; none for the usual ones.
        tz: Time zone of the answer; none for that of the API or of the exchange.
        frame: What the rows become.
    """

    symbols: object
    start: object
    end: object
    timeframe: object
    adjusted: object
    columns: object
    tz: object
    frame: object


@dataclass(frozen=True)
class Wish:
    """A question that was understood.

    Attributes:
        asked: Instruments, in the order of the answer.
        query: Which bars.
        zone: Of the times.
        start: As it was understood; none for the first bar there is.
        moment: When it was asked.
    """

    asked: list[Asked]
    query: BarsQuery
    zone: ZoneInfo
    start: Bound
    moment: Moment
