"""What has been asked already: the coverage ledger, ``staging.requests``, as ranges."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import psycopg

#: [start, end), aware UTC.
Range = tuple[datetime, datetime]


@dataclass(frozen=True)
class CoverageKey:
    """Whose bars, or actions, a range of the ledger speaks of."""

    feed: str
    provider_symbol: str
    dataset: str
    timeframe: str | None
    session_scope: str | None


@dataclass(frozen=True)
class Coverage:
    """What one provider was asked and answered, so far as it will not change any more.

    Attributes:
        settled: Ranges with an answer, merged and in order; failed requests are not in them.
        asked: Per key the ranges asked for last, with when: for what is asked again now and then.
    """

    settled: Mapping[CoverageKey, Sequence[Range]] = field(default_factory=dict)
    asked: Mapping[CoverageKey, Sequence[tuple[Range, datetime]]] = field(default_factory=dict)

    def holes(self, key: CoverageKey, start_at: datetime, end_at: datetime) -> list[Range]:
        """Return the parts of [start_at, end_at) that have no settled answer, in order.

        Args:
            key: Whose.
            start_at: Aware UTC.
            end_at: Exclusive, aware UTC; nothing when it is not after ``start_at``.
        """
        return subtract((start_at, end_at), self.settled.get(key, ()))

    def was_asked(self, key: CoverageKey, start_at: datetime, since: datetime) -> bool:
        """Tell whether a range from ``start_at`` or earlier was asked for at or after ``since``."""
        return any(
            wanted[0] <= start_at and requested_at >= since
            for wanted, requested_at in self.asked.get(key, ())
        )


def subtract(whole: Range, parts: Iterable[Range]) -> list[Range]:
    """Return what is left of a range without others.

    Args:
        whole: [start, end).
        parts: Ranges in any order; they may overlap.
    """
    left, end = whole
    holes = []
    for part_start, part_end in sorted(parts):
        if part_end <= left:
            continue
        if part_start >= end:
            break
        if part_start > left:
            holes.append((left, part_start))
        left = part_end
    if left < end:
        holes.append((left, end))
    return holes


def landed_coverage(database_url: str, provider: str, discarded: Sequence[str] = ()) -> Coverage:
    """Read what a provider was asked from the completed loads.

    Args:
        database_url: The warehouse, as a role that may read ``staging``.
        provider: Its name.
        discarded: Requests whose answers were discarded; what they covered counts as not asked.
    """
    answered = (
        "from staging.requests as r"
        " inner join staging._dlt_loads as l on r._dlt_load_id = l.load_id and l.status = 0"
        " where r.provider = %(provider)s and r.dataset is not null"
        " and r.outcome in ('rows', 'empty') and not r.request_id = any(%(discarded)s)"
    )
    keys = "r.feed, r.provider_symbol, r.dataset, r.timeframe, r.session_scope"
    given = {"provider": provider, "discarded": list(discarded)}
    settled: dict[CoverageKey, list[Range]] = defaultdict(list)
    asked: dict[CoverageKey, list[tuple[Range, datetime]]] = defaultdict(list)
    with psycopg.connect(database_url) as connection:
        merged = connection.execute(
            f"select {keys}, unnest(range_agg(tstzrange(r.window_start_at, r.settled_until_at)))"
            f" {answered} and r.settled_until_at > r.window_start_at group by {keys}".encode(),
            given,
        )
        for *key, covered in merged:
            settled[CoverageKey(*key)].append((covered.lower, covered.upper))
        actions = connection.execute(
            f"select {keys}, r.window_start_at, r.window_end_at, max(r.requested_at)"
            f" {answered} and r.dataset = 'actions'"
            f" group by {keys}, r.window_start_at, r.window_end_at".encode(),
            given,
        )
        for *key, start_at, end_at, requested_at in actions:
            asked[CoverageKey(*key)].append(((start_at, end_at), requested_at))
    return Coverage(settled, asked)


def discarded_requests(project_dir: Path) -> list[str]:
    """Return the request ids in ``seeds/discarded_requests.csv``; none when it is not there.

    Args:
        project_dir: The project's folder.
    """
    path = project_dir / "seeds" / "discarded_requests.csv"
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as lines:
        return [row["request_id"] for row in csv.DictReader(lines) if row.get("request_id")]


@dataclass(frozen=True)
class AskedRange:
    """Neighbouring requests with the same outcome, as one range.

    Attributes:
        provider: Whom.
        feed: Which of its feeds.
        dataset: ``bars`` or ``actions``.
        timeframe: Of bars.
        start_at: Start, aware UTC; ``None`` when the symbol was unknown before a range was planned.
        end_at: End, exclusive.
        outcome: ``rows``, ``empty``, ``failed``, ``rate_limited`` or ``not_permitted``.
        request_count: How many requests.
        row_count: What they landed.
        reject_count: Records that could not be read.
        reason: Why they brought nothing.
        requested_at: The newest of them.
    """

    provider: str
    feed: str
    dataset: str
    timeframe: str | None
    start_at: datetime | None
    end_at: datetime | None
    outcome: str
    request_count: int
    row_count: int
    reject_count: int
    reason: str | None
    requested_at: datetime


def asked_ranges(database_url: str, symbol: str, timeframe: str | None = None) -> list[AskedRange]:
    """Read what was asked for one symbol, in completed loads.

    A request that failed is left out where later ones were answered.

    Args:
        database_url: The warehouse, as a role that may read ``staging``.
        symbol: Ours or a provider's spelling.
        timeframe: Only this one; with ``None`` all, and actions.

    Returns:
        Ranges by provider, feed, dataset, timeframe and start.
    """
    query = (
        "select r.provider, r.feed, r.dataset, r.timeframe, r.window_start_at, r.window_end_at,"
        " r.outcome, 1, r.row_count, r.reject_count, r.reason, r.requested_at"
        " from staging.requests as r"
        " inner join staging._dlt_loads as l on r._dlt_load_id = l.load_id and l.status = 0"
        " where %(symbol)s in (r.symbol, r.provider_symbol) and r.dataset in ('bars', 'actions')"
        " and (%(timeframe)s::text is null or coalesce(r.timeframe, %(timeframe)s) = %(timeframe)s)"
        " and (%(timeframe)s::text is null or r.dataset = 'bars')"
        " order by r.provider, r.feed, r.dataset, r.timeframe, r.window_start_at, r.requested_at"
    )
    with psycopg.connect(database_url) as connection:
        given = {"symbol": symbol, "timeframe": timeframe}
        found = [AskedRange(*row) for row in connection.execute(query.encode(), given)]
    answered: dict[tuple[str | None, ...], list[Range]] = defaultdict(list)
    for asked in found:
        if asked.outcome in ("rows", "empty") and asked.start_at and asked.end_at:
            answered[_subject(asked)].append((asked.start_at, asked.end_at))

    def still_counts(asked: AskedRange) -> bool:
        if asked.outcome in ("rows", "empty") or not asked.start_at or not asked.end_at:
            return True
        return bool(subtract((asked.start_at, asked.end_at), answered[_subject(asked)]))

    return _merged(asked for asked in found if still_counts(asked))


def _subject(asked: AskedRange) -> tuple[str | None, ...]:
    return asked.provider, asked.feed, asked.dataset, asked.timeframe


def _merged(found: Iterable[AskedRange]) -> list[AskedRange]:
    merged: list[AskedRange] = []
    for asked in found:
        last = merged[-1] if merged else None
        if (
            last is None
            or (_subject(last), last.outcome, last.reason)
            != (_subject(asked), asked.outcome, asked.reason)
            or not (asked.start_at and asked.end_at and last.end_at)
            or asked.start_at > last.end_at
        ):
            merged.append(asked)
            continue
        merged[-1] = replace(
            last,
            end_at=max(last.end_at, asked.end_at),
            request_count=last.request_count + asked.request_count,
            row_count=last.row_count + asked.row_count,
            reject_count=last.reject_count + asked.reject_count,
            requested_at=max(last.requested_at, asked.requested_at),
        )
    return merged
