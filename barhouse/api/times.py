"""What a user means by a start, an end and a time zone."""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from barhouse.api.choices import nearest, shown
from barhouse.errors import BarhouseError

FIRST_DAY = date.min
LAST_DAY = date.max
FIRST_INSTANT = datetime.min.replace(tzinfo=UTC)
LAST_INSTANT = datetime.max.replace(tzinfo=UTC)

#: Wider than any session and any offset from UTC: an instant and the day of its session are never
#: further apart.
_APART = timedelta(days=3)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Bound = date | datetime | None


def zone_of(name: object) -> ZoneInfo:
    """Return a time zone by its name.

    Args:
        name: As in the IANA database, or a ``ZoneInfo``.

    Raises:
        BarhouseError: There is none of this name.
    """
    if isinstance(name, ZoneInfo):
        return name
    if isinstance(name, str) and name in available_timezones():
        return ZoneInfo(name)
    near = nearest(str(name)[:64], available_timezones(), 3)
    hint = f"; the nearest are {', '.join(near)}" if near else ""
    raise BarhouseError(
        f"There is no time zone {shown(name)}{hint}. Expected a name such as America/New_York."
    )


def bound_of(value: object, what: str) -> Bound:
    """Return a start or an end: a date, or a time that may still lack its zone.

    Args:
        value: ``YYYY-MM-DD``, an ISO time, a ``date``, a ``datetime`` (of pandas or numpy too), or
            none for no bound.
        what: The name of the parameter.

    Raises:
        BarhouseError: It is nothing of this kind.
    """
    if hasattr(value, "dtype") and hasattr(value, "item"):
        value = value.item()
    if value is None or (type(value) is date):
        return value
    # Of pandas, "no time" is a datetime by its type only.
    if isinstance(value, datetime) and str(value) != "NaT":
        return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    if isinstance(value, str):
        text = value.strip()
        try:
            if len(text) == len("2012-12-31") and text[4] == text[7] == "-":
                return date.fromisoformat(text)
            if re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
                return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise BarhouseError(
        f"{what} is {shown(value)}{_nearest_day(value)}; expected a date such as 2012-12-31 or a "
        "time such as 2012-12-31 09:30, of the years 1 to 9999."
    )


def instant_of(bound: datetime, zone: ZoneInfo) -> datetime:
    """Return an instant in UTC; a time without a zone is one of the zone of the answer.

    Args:
        bound: A time.
        zone: The zone of the answer.
    """
    aware = bound if bound.tzinfo is not None else bound.replace(tzinfo=zone)
    try:
        return aware.astimezone(UTC)
    except OverflowError:
        return FIRST_INSTANT if bound.year == 1 else LAST_INSTANT


def refuse_empty(start: Bound, end: Bound, zone: ZoneInfo) -> None:
    """Refuse a start after the end.

    Args:
        start: From :func:`bound_of`.
        end: From :func:`bound_of`.
        zone: The zone of the answer.

    Raises:
        BarhouseError: Nothing lies between them.
    """
    if start is None or end is None or (type(start) is type(end) is date and start <= end):
        return
    if _edge(start, zone, time.min) > _edge(end, zone, time.max):
        raise BarhouseError(f"start {start} lies after end {end}; exchange them.")


def days_between(start: Bound, end: Bound, zone: ZoneInfo) -> tuple[date, date]:
    """Return the first and the last date that the bounds allow, for bars labelled by a date.

    Args:
        start: From :func:`bound_of`; of a time its date in the zone of the answer counts.
        end: From :func:`bound_of`.
        zone: The zone of the answer.
    """
    first, last = (_date_of(bound, zone) for bound in (start, end))
    return first or FIRST_DAY, last or LAST_DAY


def spans_between(
    start: Bound, end: Bound, zone: ZoneInfo
) -> tuple[date, date, datetime, datetime]:
    """Return session days and instants that the bounds allow, for bars labelled by an instant.

    A date bounds session days and a time bounds instants; what it does not bound is bounded
    loosely, so that the database looks at nothing that is far away.

    Args:
        start: From :func:`bound_of`.
        end: From :func:`bound_of`.
        zone: The zone of the answer.

    Returns:
        First and last session day, first and last instant.
    """
    first, first_at = FIRST_DAY, FIRST_INSTANT
    last, last_at = LAST_DAY, LAST_INSTANT
    if isinstance(start, datetime):
        first_at = instant_of(start, zone)
        first = moved(first_at.date(), -_APART)
    elif start is not None:
        first = start
        first_at = earliest_of(start)
    if isinstance(end, datetime):
        last_at = instant_of(end, zone)
        last = moved(last_at.date(), _APART)
    elif end is not None:
        last = end
        last_at = latest_of(end)
    return first, last, first_at, last_at


def earliest_of(day: date) -> datetime:
    """Return an instant that no bar of a session day starts before.

    Args:
        day: Wherever its exchange is.
    """
    return moved_instant(_midnight(day), -_APART)


def latest_of(day: date) -> datetime:
    """Return an instant that no bar of a session day starts after.

    Args:
        day: Wherever its exchange is.
    """
    return moved_instant(_midnight(day), _APART)


def moved(day: date, by: timedelta) -> date:
    """Return a day moved, at most to the ends of the calendar.

    Args:
        day: From where.
        by: How far.
    """
    try:
        return day + by
    except OverflowError:
        return LAST_DAY if by > timedelta() else FIRST_DAY


def moved_instant(instant: datetime, by: timedelta) -> datetime:
    """Return an instant moved, at most to the ends of the calendar.

    Args:
        instant: From where.
        by: How far.
    """
    try:
        return instant + by
    except OverflowError:
        return LAST_INSTANT if by > timedelta() else FIRST_INSTANT


def day_number_of(day: date) -> int:
    """Return a day as its number since 1970.

    Args:
        day: Any.
    """
    return day.toordinal() - _EPOCH.toordinal()


def microseconds_of(instant: datetime) -> int:
    """Return an instant in microseconds since 1970.

    Args:
        instant: In UTC.
    """
    return (instant - _EPOCH) // _MICROSECOND


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def _edge(bound: date, zone: ZoneInfo, clock: time) -> datetime:
    whole = bound if isinstance(bound, datetime) else datetime.combine(bound, clock)
    return instant_of(whole, zone)


def _date_of(bound: Bound, zone: ZoneInfo) -> date | None:
    if not isinstance(bound, datetime):
        return bound
    if bound.tzinfo is None:
        return bound.date()
    try:
        return bound.astimezone(zone).date()
    except OverflowError:
        return bound.date()


def _nearest_day(value: object) -> str:
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)", value) if isinstance(value, str) else None
    if found is None:
        return ""
    year, month, day = (int(part) for part in found.groups())
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        return ""
    length = calendar.monthrange(year, month)[1]
    return f" (that month ends on {year:04}-{month:02}-{length})" if day > length else ""
