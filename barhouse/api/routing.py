"""Which rows of an answer come from the database and which from the lake.

What retention dropped is in the lake alone, and comes from there. What both hold may come from
either, since it is the same: a partition notes of which state of the database it is.

What the database says beside its rows is asked before them and once more after them: only if it is
the same are all of one state. No transaction could tell: a chunk that is dropped, or compressed, is
gone at once from every snapshot. The lake is read last, and what is not of that state is asked
again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa

from barhouse.api import frames, lake_texts
from barhouse.api.choices import MART_MINUTES
from barhouse.api.lake_rows import Told, answer_of, columns_of, filter_of
from barhouse.api.queries import BarsQuery
from barhouse.api.reading import Reader
from barhouse.api.spans import joined
from barhouse.api.statements import bars_statement, factors_statement
from barhouse.api.times import moved
from barhouse.errors import BarhouseError
from barhouse.lake.datasets import Dataset, dataset_named
from barhouse.lake.errors import LakeError
from barhouse.lake.lookup import Wanted, rows_of, verified_copies
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import Partition, version_for

LakeUse = Literal["auto", "always", "never"]
LAKE_USES: Final = ("auto", "always", "never")

_TRIES: Final = 3
#: No session is so far away from its UTC day.
_APART: Final = timedelta(days=2)
#: Dates that PostgreSQL and Python both have.
_DAYS: Final = (date(1, 1, 3), date(9998, 12, 31))


@dataclass(frozen=True)
class LakeSource:
    """The lake beside the database.

    Attributes:
        place: Says where it lies; may fail.
        use: ``auto`` reads what only the lake holds, ``always`` what both hold, too, ``never``
            nothing.
    """

    place: Callable[[], Path]
    use: LakeUse


@dataclass(frozen=True)
class _Part:
    # What of the lake an answer could be made of; `is_served` where the lake's rows give it.
    dataset: Dataset
    timeframe: str
    is_served: bool = True


@dataclass(frozen=True)
class _State:
    # What the database says beside its rows. Partitions have the hash that their file must have;
    # none where the lake alone has their rows.
    seal: list[tuple[date | None, str | None]]
    parts: list[tuple[Partition, str | None]]
    told: Told | None


def fetched(query: BarsQuery, reader: Reader, lake: LakeSource) -> pa.Table:
    """Return the rows of a question.

    Args:
        query: Which bars.
        reader: The database.
        lake: For what the database has no more.

    Raises:
        BarhouseError: Bars are in the lake alone, and it cannot give them.
    """
    part = _part_of(query)
    if part is None:
        return frames.exact(reader.table(*bars_statement(query)))
    failure: LakeError | None = None
    for number in range(_TRIES):
        # An export that is always ahead is evaded: at last from the lake comes only what must.
        copies = _copies(query, part, lake) if number < _TRIES - 1 else {}
        route = _Route(query, part, lake, copies)
        state = route.state(reader)
        spans = joined((one.start, one.end) for one, _ in state.parts)
        rows = frames.exact(reader.table(*bars_statement(query, spans)))
        if route.state(reader) != state:
            failure = None
            continue
        if state.told is None:
            return rows
        try:
            return route.answer(rows, state.parts, state.told)
        except LakeError as error:
            failure = error
    if failure is None:
        raise BarhouseError("These bars are just being moved or changed; ask again in a moment.")
    raise BarhouseError(
        f"Bars of {_span(state.parts)} are in the lake alone, and the lake does not give them: "
        f"{str(failure).rstrip('.')}. Point BARHOUSE_LAKE_DIR to the lake of this warehouse, or "
        "bring the partition back from a copy of the lake."
    ) from failure


def _part_of(query: BarsQuery) -> _Part | None:
    count = query.timeframe.count
    minutes, reported = dataset_named("bars_1m"), dataset_named("reported_intraday")
    assert minutes is not None  # noqa: S101 - for mypy
    assert reported is not None  # noqa: S101 - for mypy
    if query.as_of is not None and query.as_of.is_loaded:
        return _Part(minutes, "1m", is_served=False)
    if not query.timeframe.is_intraday:
        return None
    if count == 1:
        return _Part(minutes, "1m")
    if count in MART_MINUTES:
        return _Part(reported, MART_MINUTES[count])
    # Of these the minutes themselves are needed, not only what was rolled up from them.
    return _Part(minutes, "1m", is_served=False) if count % 5 else None


def _copies(query: BarsQuery, part: _Part, lake: LakeSource) -> dict[Partition, Manifest]:
    if lake.use != "always" or not part.is_served:
        return {}
    first, last = _edges(query)
    try:
        return verified_copies(lake.place(), part.dataset, first.date(), last.date())
    except LakeError:
        return {}


def _days(query: BarsQuery) -> tuple[date, date]:
    # First and last session day of the answer; of long bars those they are made of.
    length = timedelta(days=query.timeframe.days - 1)
    return max(query.days[0], _DAYS[0]), min(moved(query.days[1], length), _DAYS[1])


def _edges(query: BarsQuery) -> tuple[datetime, datetime]:
    # First and last instant that a bar of the answer can have.
    first, last = _days(query)
    days = moved(first, -_APART), moved(last, _APART)
    edges = [datetime.combine(day, time.min, UTC) for day in days]
    if query.instants is None:
        return edges[0], edges[1]
    return max(edges[0], query.instants[0]), min(edges[1], query.instants[1])


@dataclass(frozen=True)
class _Route:
    query: BarsQuery
    part: _Part
    lake: LakeSource
    copies: Mapping[Partition, Manifest]

    def state(self, reader: Reader) -> _State:
        """Return what the database says beside its rows."""
        table, instruments = self.part.dataset.table, list(self.query.instruments)
        edges, days = _edges(self.query), _days(self.query)
        given = [table, instruments, self.part.timeframe, *edges, *days]
        said = reader.table(lake_texts.SEAL, given).to_pylist()
        seal = [(row["range_start_date"], row["version"]) for row in said]
        alone = [Partition(self.part.dataset.grain, start) for start, _ in seal if start]
        self._refuse(alone)
        parts = sorted([*((one, None) for one in alone), *self._unchanged(reader, alone)])
        return _State(seal, parts, self._told(reader) if parts else None)

    def answer(
        self, rows: pa.Table, parts: Sequence[tuple[Partition, str | None]], told: Told
    ) -> pa.Table:
        """Return the rows of database and lake.

        Args:
            rows: Of the database.
            parts: Where in the lake the others are.
            told: What the database says beside.
        """
        wanted = Wanted(
            symbols=told.symbols,
            columns=columns_of(self.query, self.part.dataset),
            keep=filter_of(self.query, self.part.dataset),
        )
        stored = rows_of(self.lake.place(), self.part.dataset, parts, wanted)
        return answer_of(self.query, rows, stored, told)

    def _refuse(self, alone: Sequence[Partition]) -> None:
        if not alone or (self.part.is_served and self.lake.use != "never"):
            return
        span = _span([(one, None) for one in alone])
        why = (
            "this API was told never to read it"
            if self.part.is_served
            else "questions of what was known then, and bars whose length is no multiple of 5 "
            "minutes, are answered by the database alone"
        )
        raise BarhouseError(
            f"Minutes of {span} are in the lake alone, and {why}; `barhouse lake restore "
            "--archived` brings them back."
        )

    def _unchanged(self, reader: Reader, alone: Sequence[Partition]) -> list[tuple[Partition, str]]:
        if not self.copies:
            return []
        months = reader.table(lake_texts.STATES, [self.part.dataset.table]).to_pylist()
        states = {row["month_start_date"]: row["version"] for row in months}
        return [
            (one, held.sha256)
            for one, held in self.copies.items()
            if one not in alone and held.versions == version_for(one, states)
        ]

    def _told(self, reader: Reader) -> Told:
        instruments = list(self.query.instruments)
        factors = None
        if self.query.adjusted != "raw":
            factors = reader.table(*factors_statement(self.query))
        built = None
        if self.part.timeframe != "1m":
            built = reader.table(lake_texts.MINUTE_DAYS, [instruments, *_days(self.query)])
        return Told(reader.table(lake_texts.NAMES, [instruments]), factors, built)


def _span(parts: Sequence[tuple[Partition, str | None]]) -> str:
    alone = [one for one, sha256 in parts if sha256 is None]
    first, last = min(one.start for one in alone), max(one.end for one in alone)
    return f"{first} to {moved(last, -timedelta(days=1))}"
