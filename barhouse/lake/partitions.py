"""Partitions: from a date, or the id of a load, to a Hive folder name and back.

A name is made from a calendar date or from an id of dlt's, so that nothing a provider reports (a
symbol, say) can become part of a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Grain(StrEnum):
    """How much time one partition holds; the value is the key in the folder's name."""

    DAY = "date"
    MONTH = "month"
    YEAR = "year"
    LOAD = "load"


_LOAD_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UNIT = {Grain.DAY: "day", Grain.MONTH: "month", Grain.YEAR: "year"}
_LENGTH = {Grain.DAY: 10, Grain.MONTH: 7, Grain.YEAR: 4}


@dataclass(frozen=True, order=True)
class Partition:
    """One partition of a dataset: [start, end) in UTC days.

    Attributes:
        grain: How long it is.
        start: Its first day.
    """

    grain: Grain
    start: date

    @property
    def end(self) -> date:
        """First day after it."""
        if self.grain is Grain.DAY:
            return self.start + timedelta(days=1)
        if self.grain is Grain.YEAR:
            return date(self.start.year + 1, 1, 1)
        return (self.start + timedelta(days=31)).replace(day=1)

    @property
    def name(self) -> str:
        """Folder name, such as ``date=2018-01-20``, ``month=2018-01`` or ``year=2018``."""
        return f"{self.grain.value}={self.start.isoformat()[: _LENGTH[self.grain]]}"


def unit_of(grain: Grain) -> str:
    """Return the grain as PostgreSQL's ``date_trunc`` calls it."""
    return _UNIT[grain]


@dataclass(frozen=True)
class LoadPartition:
    """One partition of what landed: a load, which never changes once it is complete.

    Attributes:
        load_id: What dlt called it.
    """

    load_id: str

    @property
    def grain(self) -> Grain:
        """How it is cut."""
        return Grain.LOAD

    @property
    def name(self) -> str:
        """Folder name, such as ``load=1764064920.0441``."""
        return f"{Grain.LOAD.value}={self.load_id}"


AnyPartition = Partition | LoadPartition


def version_for(partition: AnyPartition, versions: Mapping[date, str]) -> str | None:
    """Return the version of the month that a partition lies in.

    Args:
        partition: A day or a month; what is longer has none.
        versions: By the first day of the month.
    """
    if isinstance(partition, LoadPartition) or partition.grain is Grain.YEAR:
        return None
    return versions.get(partition.start.replace(day=1))


def parse_partition(name: str) -> AnyPartition | None:
    """Read a folder name.

    Args:
        name: Such as ``month=2018-01``.

    Returns:
        The partition, or ``None`` when the name is not one that ``Partition.name`` gives.
    """
    key, _, text = name.partition("=")
    if key == Grain.LOAD.value:
        return LoadPartition(text) if _LOAD_ID.fullmatch(text) else None
    try:
        grain = Grain(key)
        partition = Partition(grain, date.fromisoformat(text + "-01-01"[: 10 - len(text)]))
    except ValueError:
        return None
    return partition if partition.name == name else None
