"""The exchanges we know: ``seeds/exchanges.csv``, read by extract and by dbt."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from extract.providers import ProviderError


@dataclass(frozen=True)
class Exchange:
    """One row of ``seeds/exchanges.csv``.

    Attributes:
        exchange: The code bars carry, e.g. ``XNYS``.
        calendar: A code of ``exchange_calendars``, ``24/7`` or ``FX``.
        timezone: The exchange's time zone, e.g. ``America/New_York``.
        session_offset_hours: Hours a session opens before its date begins, e.g. 7 for ``FX``.
    """

    exchange: str
    calendar: str
    timezone: str
    session_offset_hours: int

    def day_start(self, day: date) -> datetime:
        """Return the instant at which a session date begins, aware UTC.

        Args:
            day: A session date; for ``FX`` it begins at 17:00 New York of the day before.
        """
        local = datetime.combine(day, time()) - timedelta(hours=self.session_offset_hours)
        return local.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


def read_exchanges(path: Path) -> list[Exchange]:
    """Read the exchange seed.

    Args:
        path: A CSV file with the columns exchange, calendar, timezone and session_offset_hours.

    Raises:
        ProviderError: The file, a value, a time zone or a whole number of hours is missing.
    """
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeError, csv.Error) as error:
        raise ProviderError(f"The exchange list {path} cannot be read: {error}.") from error
    return [_exchange(path, number, row) for number, row in enumerate(rows, start=2)]


def _exchange(path: Path, number: int, row: Mapping[str, str | None]) -> Exchange:
    def text(column: str) -> str:
        value = row.get(column)
        if not value:
            raise ProviderError(f"Line {number} of the exchange list {path} has no {column}.")
        return value

    offset, zone = text("session_offset_hours"), text("timezone")
    if not offset.isdecimal() or int(offset) > 23:
        raise ProviderError(
            f"Line {number} of the exchange list {path} has session_offset_hours {offset!r}; "
            "expected a whole number from 0 to 23."
        )
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ProviderError(
            f"Line {number} of the exchange list {path} has the time zone {zone!r}; "
            "expected an IANA name such as America/New_York."
        ) from error
    return Exchange(text("exchange"), text("calendar"), zone, int(offset))
