"""Stretches of time that lie elsewhere than in the database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

#: Start, and end that is not part of it.
Span = tuple[datetime, datetime]


def joined(days: Iterable[tuple[date, date]]) -> list[Span]:
    """Return UTC days as spans in order, those that touch as one.

    Args:
        days: First day, and day after the last.
    """
    spans: list[Span] = []
    for first, after in sorted(days):
        start, end = (datetime.combine(day, time.min, UTC) for day in (first, after))
        if spans and spans[-1][1] >= start:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((start, end))
    return spans


def written(spans: Iterable[Span]) -> str:
    """Return spans as PostgreSQL writes a multirange.

    Args:
        spans: Any.
    """
    return "{" + ",".join(f"[{start.isoformat()},{end.isoformat()})" for start, end in spans) + "}"


def narrowed(
    instants: tuple[datetime, datetime], holes: Sequence[Span]
) -> tuple[tuple[datetime, datetime], list[Span]]:
    """Return the first and the last instant that no hole covers, and the holes between them.

    Args:
        instants: First and last.
        holes: In order, none touching another; each without its end.
    """
    (first, last), left = instants, list(holes)
    if left and left[0][0] <= first:
        first = max(first, left.pop(0)[1])
    if left and left[-1][1] > last:
        last = min(last, left.pop()[0] - timedelta(microseconds=1))
    return (first, last), left
