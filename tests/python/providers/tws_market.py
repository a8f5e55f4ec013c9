"""What the made-up TWS knows: symbols, and bars for all time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from market_kit import MadeBar, made_bar, made_bars

DAY = timedelta(days=1)
NEW_YORK = ZoneInfo("America/New_York")
SIZES = {
    "1 min": timedelta(minutes=1),
    "5 mins": timedelta(minutes=5),
    "15 mins": timedelta(minutes=15),
    "30 mins": timedelta(minutes=30),
    "1 hour": timedelta(hours=1),
    "1 day": DAY,
}
#: When a session opens and closes, from midnight of its date in New York; there are no holidays.
SESSIONS = {
    "regular": (timedelta(hours=9, minutes=30), timedelta(hours=16)),
    "extended": (timedelta(hours=4), timedelta(hours=20)),
    # Currencies, from the evening before.
    "all": (timedelta(hours=-7), timedelta(hours=17)),
}


@dataclass(frozen=True)
class Stock:
    """What the server says of a symbol."""

    number: int
    exchange: str = "NASDAQ"
    kind: str = "COMMON"
    name: str = "A COMPANY"


class Market:
    """What the server has bars of.

    Args:
        begins_at: Before it there is no data, of whatever symbol.
        counts_sessions: Whether a duration of days means so many sessions; if not, whole days.
        most: It gives no more bars at once, the newest ones.
    """

    def __init__(
        self,
        begins_at: datetime | None = None,
        *,
        counts_sessions: bool = True,
        most: int = 100_000,
    ) -> None:
        self.begins_at = begins_at or datetime(1990, 1, 1, tzinfo=UTC)
        self.counts_sessions = counts_sessions
        self.most = most

    def bars(
        self, symbol: str, size: str, start_at: datetime, end_at: datetime, hours: str
    ) -> list[MadeBar]:
        """All bars that start in [start, end).

        Args:
            hours: Key of ``SESSIONS``.
        """
        start_at = max(start_at, self.begins_at)
        if size == "1 day":
            return [
                bar
                for bar in made_bars(symbol, start_at, end_at + DAY, DAY)
                if bar.start_at.weekday() < 5 and opens_at(bar.start_at.date(), hours) < end_at
            ]
        # The first hour of a stock is half a one.
        step = min(SIZES[size], timedelta(minutes=30))
        starts = [bar.start_at for bar in made_bars(symbol, start_at, end_at, step)]
        if size == "1 hour":
            starts = [s for s in starts if s.minute == 0 or _clock(s) == time(9, 30)]
        return [made_bar(symbol, start) for start in starts if _is_open(start, hours)]

    def begin(self, duration: str, end_at: datetime, hours: str) -> datetime:
        """How far back a duration reaches."""
        number, unit = duration.split()
        count = int(number)
        if unit == "S":
            return end_at - timedelta(seconds=count)
        if unit in "MY":
            month = end_at.year * 12 + end_at.month - 1 - count * (12 if unit == "Y" else 1)
            return end_at.replace(year=month // 12, month=month % 12 + 1, day=min(end_at.day, 28))
        if unit == "W" or not self.counts_sessions:
            return end_at - count * (7 * DAY if unit == "W" else DAY)
        sessions = (opens_at(day, hours) for day in _weekdays_before(end_at.date() + DAY))
        opened = (opens for opens in sessions if opens < end_at)
        return [next(opened) for _ in range(count)][-1]


def opens_at(day: date, hours: str) -> datetime:
    """When the session of a date opens."""
    local = datetime.combine(day, time()) + SESSIONS[hours][0]
    return local.replace(tzinfo=NEW_YORK).astimezone(UTC)


def _is_open(moment: datetime, hours: str) -> bool:
    local = moment.astimezone(NEW_YORK).replace(tzinfo=None)
    opens, closes = SESSIONS[hours]
    day = datetime.combine((local - opens).date(), time())
    return day.weekday() < 5 and opens <= local - day < closes


def _clock(moment: datetime) -> time:
    return moment.astimezone(NEW_YORK).time()


def _weekdays_before(end: date) -> Iterator[date]:
    while True:
        if end.weekday() < 5:
            yield end
        end -= DAY
