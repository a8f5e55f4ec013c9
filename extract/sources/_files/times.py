"""Texts to UTC instants and session dates: formats, zones, labels, and what is never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extract.landing import TIMEFRAMES
from extract.sources._files import zones
from extract.sources._files.chunks import Int64s, shown
from extract.sources._files.entry import FileEntry
from extract.sources._files.numbers import Problems, exact_decimal
from extract.sources._files.time_formats import iso_rewriter, read_slowly

#: The smallest int64 is NumPy's not-a-time and stands for a missing instant throughout.
NAT: Final = zones.NAT

_DAY_PART: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_SAFE_DAY_PART: Final = r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK_PART: Final = r"[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_ZONE_PART: Final = r"(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
_YEAR_1800: Final = int(datetime(1800, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
_MICROSECOND: Final = timedelta(microseconds=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UNITS: Final = {"epoch_s": (1_000_000, 12), "epoch_ms": (1_000, 15)}


@dataclass(frozen=True)
class Times:
    """When the bars of a chunk begin.

    Attributes:
        starts: Microseconds since 1970 UTC, ``NAT`` where the row is a problem.
        dates: Session date of each bar for 1d, else ``None``.
        problems: A sentence per index that cannot be dated.
    """

    starts: Int64s
    dates: npt.NDArray[np.datetime64] | None
    problems: Problems


class TimeReader:
    """Dates the bars of one file."""

    def __init__(self, entry: FileEntry, fetched_at: datetime) -> None:
        """Prepare the format and the zone of an entry."""
        self._entry = entry
        self._zone = ZoneInfo(entry.timezone) if entry.timezone else None
        self._latest = fetched_at + timedelta(days=1)
        self._pattern = iso_rewriter(entry.time_format)

    def read(self, texts: pa.StringArray, *, iso: bool) -> Times:
        """Date the rows of a chunk.

        Args:
            texts: The time or date of each row as it stands in the file.
            iso: The texts are ISO whatever the entry's format says.
        """
        problems: Problems = {}
        time_format = "iso" if iso else self._entry.time_format
        naive, instants = self._parse(texts, time_format, problems)
        dates = None
        if self._entry.time_column == "date":
            local = self._to_local(instants)
            dates = _days(np.where(naive == NAT, local, naive))
        else:
            instants = self._localised(texts, naive, instants, problems)
            if self._entry.timeframe == "1d":
                dates = self._session_dates(texts, instants, problems)
            elif self._entry.label == "end":
                length = TIMEFRAMES[self._entry.timeframe] // _MICROSECOND
                instants = np.where(instants == NAT, NAT, instants - length)
        if dates is not None:
            instants = self._midnights(texts, dates, problems)
        self._check_range(texts, instants, problems)
        instants[list(problems)] = NAT
        return Times(instants, dates, problems)

    # Microseconds as written (naive) and as instants; a row has at most one of the two.
    def _parse(
        self, texts: pa.StringArray, time_format: str, problems: Problems
    ) -> tuple[Int64s, Int64s]:
        if time_format in _EPOCH_UNITS:
            return np.full(len(texts), NAT), _epochs(texts, time_format, problems)
        canonical: pa.StringArray | None = texts
        if time_format != "iso":
            canonical = self._pattern(texts) if self._pattern else None
        if canonical is None:
            naive = np.full(len(texts), NAT)
            instants = naive.copy()
            left = list(range(len(texts)))
        else:
            as_written = self._entry.time_column == "date"
            naive, instants, left = _fast(canonical, as_written=as_written)
        for index in left:
            text = texts[index].as_py()
            moment = read_slowly(text, time_format)
            if isinstance(moment, str):
                problems[index] = moment
            elif moment.tzinfo is None or self._entry.time_column == "date":
                naive[index] = (moment.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
            else:
                instants[index] = (moment - _EPOCH) // _MICROSECOND
        return naive, instants

    def _localised(
        self, texts: pa.StringArray, naive: Int64s, instants: Int64s, problems: Problems
    ) -> Int64s:
        waiting = np.flatnonzero(naive != NAT)
        if not len(waiting):
            return instants
        if self._zone is None:
            for index in waiting.tolist():
                seen = shown(texts[index].as_py())
                problems[index] = f"{seen} has no offset and the entry names no timezone."
            return instants
        found, wrong = zones.localise(naive[waiting], self._zone, self._entry.ambiguous)
        instants[waiting] = found
        for place, what in wrong.items():
            index = int(waiting[place])
            problems[index] = f"{shown(texts[index].as_py())} {what} in {self._entry.timezone}" + (
                "; write the offset or set ambiguous." if "twice" in what else "."
            )
        return instants

    # A daily time must be local midnight: its own session's, or with label end the next one's.
    def _session_dates(
        self, texts: pa.StringArray, instants: Int64s, problems: Problems
    ) -> npt.NDArray[np.datetime64]:
        days = _days(self._to_local(instants))
        unknown: Problems = {}
        midnights = self._midnights(texts, days, unknown)
        for index in np.flatnonzero((midnights != instants) & (instants != NAT)):
            problems[int(index)] = (
                f"{shown(texts[int(index)].as_py())} is not midnight in {self._entry.timezone};"
                " for a daily bar at another hour map date instead of time."
            )
        return days - np.timedelta64(1, "D") if self._entry.label == "end" else days

    def _to_local(self, instants: Int64s) -> Int64s:
        known = instants[instants != NAT]
        if not len(known) or self._zone is None:
            return np.full(len(instants), NAT)
        local = np.full(len(instants), NAT)
        local[instants != NAT] = zones.to_local(known, self._zone)
        return local

    # First instant of each date in the zone.
    def _midnights(
        self, texts: pa.StringArray, dates: npt.NDArray[np.datetime64], problems: Problems
    ) -> Int64s:
        starts = np.full(len(dates), NAT)
        known = np.flatnonzero(~np.isnat(dates))
        if self._zone is None or not len(known):
            return starts
        unique, places = np.unique(dates[known], return_inverse=True)
        found, wrong = zones.midnights(unique, self._zone)
        starts[known] = found[places]
        if wrong:
            for index in known[np.isin(places, list(wrong))]:
                seen = shown(texts[int(index)].as_py())
                problems[int(index)] = f"{seen} is a day {self._entry.timezone} did not have."
        return starts

    def _check_range(self, texts: pa.StringArray, instants: Int64s, problems: Problems) -> None:
        latest = (self._latest - _EPOCH) // _MICROSECOND
        for index in np.flatnonzero((instants > latest) & (instants != NAT)):
            problems.setdefault(
                int(index),
                f"{shown(texts[int(index)].as_py())} lies in the future; the latest time"
                f" expected is {self._latest:%Y-%m-%d %H:%M} UTC, check time_format.",
            )
        for index in np.flatnonzero((instants < _YEAR_1800) & (instants != NAT)):
            problems.setdefault(
                int(index),
                f"{shown(texts[int(index)].as_py())} lies before the year 1800; check time_format.",
            )


def _days(microseconds: Int64s) -> npt.NDArray[np.datetime64]:
    days: npt.NDArray[np.datetime64] = microseconds.view("datetime64[us]").astype("datetime64[D]")
    return days


# Seconds or milliseconds since 1970; a fraction of a second is exact to the microsecond.
def _epochs(texts: pa.StringArray, time_format: str, problems: Problems) -> Int64s:
    unit, digits = _EPOCH_UNITS[time_format]
    plain = pc.fill_null(
        pc.match_substring_regex(texts, f"^-?[0-9]{{1,{digits}}}$"), fill_value=False
    )
    whole = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(pa.int64())
    found = pc.fill_null(pc.multiply(whole, unit), NAT)
    instants: Int64s = found.to_numpy(zero_copy_only=False).copy()
    for index in pc.indices_nonzero(pc.invert(plain)).to_pylist():
        text = texts[index].as_py()
        value = exact_decimal(text.strip()) if text and text.strip() else "The time is missing."
        if isinstance(value, str):
            problems[index] = value
            continue
        scaled = value * unit
        if abs(scaled) >= Decimal(2**62):
            problems[index] = f"{shown(text)} is no {time_format}; check time_format."
        elif scaled != int(scaled):
            problems[index] = f"{shown(text)} is finer than a microsecond."
        else:
            instants[index] = int(scaled)
    return instants


# ISO texts pyarrow casts; what it must not see, it does not see, and comes back to be read slowly.
def _fast(texts: pa.StringArray, *, as_written: bool) -> tuple[Int64s, Int64s, list[int]]:
    for day in (_DAY_PART, _SAFE_DAY_PART):
        try:
            return _cast(texts, day, as_written=as_written)
        except pa.ArrowInvalid:  # a 31st of February
            continue
    nothing = np.full(len(texts), NAT)
    return nothing, nothing.copy(), list(range(len(texts)))


def _cast(texts: pa.StringArray, day: str, *, as_written: bool) -> tuple[Int64s, Int64s, list[int]]:
    zoned = pc.match_substring_regex(texts, f"^{day}{_CLOCK_PART}{_ZONE_PART}$")
    zoned = pc.fill_null(zoned, fill_value=False)
    naive = pc.match_substring_regex(texts, f"^{day}({_CLOCK_PART})?$")
    naive = pc.fill_null(naive, fill_value=False)
    left = pc.indices_nonzero(pc.invert(pc.or_(zoned, naive))).to_pylist()
    if as_written:
        texts = pc.utf8_slice_codeunits(texts, 0, 10)
        naive, zoned = pc.or_(zoned, naive), pa.array(np.zeros(len(texts), dtype=bool))
    return (
        _masked(texts, naive, pa.timestamp("us")),
        _masked(texts, zoned, pa.timestamp("us", "UTC")),
        left,
    )


def _masked(texts: pa.StringArray, mask: pa.BooleanArray, kind: pa.DataType) -> Int64s:
    if not pc.any(mask, min_count=0).as_py():
        return np.full(len(texts), NAT)
    kept = pc.if_else(mask, texts, pa.scalar(None, pa.string())).cast(kind)
    numbers: Int64s = pc.fill_null(kept.cast(pa.int64()), NAT).to_numpy(zero_copy_only=False)
    return numbers.copy()
