"""Local times and UTC, vectorised, with the hours that happen twice or never told apart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from extract.sources._files.chunks import Int64s

NAT: Final = int(np.iinfo(np.int64).min)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
#: What zoneinfo and pandas agree on; rows beyond are out of range anyway.
_LIMIT: Final = int(datetime(9990, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_FLOOR: Final = int(datetime(2, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def localise(naive: Int64s, zone: ZoneInfo, ambiguous: str) -> tuple[Int64s, dict[int, str]]:
    """Turn local wall times into UTC instants.

    Args:
        naive: Microseconds of wall time since 1970.
        zone: Where the clock hangs.
        ambiguous: ``reject``, ``earlier`` or ``later``, for times that happen twice.

    Returns:
        Microseconds since 1970 UTC, ``NAT`` where there is none, and per such index a clause.
    """
    clipped = np.clip(naive, _FLOOR, _LIMIT)
    walls = pd.DatetimeIndex(clipped.view("datetime64[us]"))
    aware = walls.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    instants: Int64s = aware.as_unit("us").asi8.copy()
    problems: dict[int, str] = {}
    for place in np.flatnonzero(instants == NAT):
        wall = _EPOCH.replace(tzinfo=None) + int(clipped[place]) * _MICROSECOND
        first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        second = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        if first.astimezone(zone).replace(tzinfo=None) != wall:
            problems[int(place)] = "does not exist"
        elif ambiguous == "reject" and first != second:
            problems[int(place)] = "happens twice"
        else:
            chosen = second if ambiguous == "later" else first
            instants[place] = (chosen - _EPOCH) // _MICROSECOND
    return instants, problems


def to_local(instants: Int64s, zone: tzinfo) -> Int64s:
    """Turn UTC instants into wall times.

    Args:
        instants: Microseconds since 1970 UTC.
        zone: Where the clock hangs.
    """
    clipped = np.clip(instants, _FLOOR, _LIMIT).view("datetime64[us]")
    walls = pd.DatetimeIndex(clipped).tz_localize("UTC").tz_convert(zone).tz_localize(None)
    local: Int64s = walls.as_unit("us").asi8.copy()
    return local


def midnights(dates: npt.NDArray[np.datetime64], zone: ZoneInfo) -> tuple[Int64s, dict[int, str]]:
    """First instant of each date in a zone, also where the clock skips or repeats midnight.

    Args:
        dates: Days.
        zone: Where the clock hangs.

    Returns:
        Microseconds since 1970 UTC, ``NAT`` for a day the zone did not have, and a clause for it.
    """
    naive = dates.astype("datetime64[us]").view(np.int64)
    instants, problems = localise(naive, zone, "earlier")
    for place in list(problems):
        wall = _EPOCH.replace(tzinfo=None) + int(naive[place]) * _MICROSECOND
        first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if first.astimezone(zone).date() == wall.date():
            instants[place] = (first - _EPOCH) // _MICROSECOND
            del problems[place]
    return instants, problems
