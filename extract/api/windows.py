"""The planner: ranges without an answer become windows that a provider serves in one go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from extract.api.feed import Dataset, Listing, Window
from extract.coverage import Range

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def split_range(whole: Range, longest: timedelta, step: timedelta) -> Iterator[Range]:
    """Cut a range into pieces, in order and without gap or overlap.

    Args:
        whole: [start, end), aware UTC.
        longest: No piece is longer.
        step: Length of a bar; pieces meet at multiples of it, so ``longest`` is rounded down to
            one, but never below ``step``.
    """
    start_at, end_at = whole
    width = max(step, longest // step * step)
    while start_at < end_at:
        # The first piece ends on the grid of the width: the same range is always cut the same way.
        upto = min(end_at, floor(start_at, width) + width)
        yield start_at, upto
        start_at = upto


def floor(moment: datetime, step: timedelta) -> datetime:
    """Return the last multiple of a step since 1970 that is not after a moment.

    Args:
        moment: Aware UTC.
        step: Positive.
    """
    return EPOCH + (moment - EPOCH) // step * step


def ceiling(moment: datetime, step: timedelta) -> datetime:
    """Return the first multiple of a step since 1970 that is not before a moment.

    Args:
        moment: Aware UTC.
        step: Positive.
    """
    return EPOCH - (EPOCH - moment) // step * step


def with_time_before(holes: list[Range], start_at: datetime, before: timedelta) -> list[Range]:
    """Let the last of some holes begin earlier.

    Args:
        holes: In order, aware UTC.
        start_at: No hole begins before; nor does the last one before the end of the one before it.
        before: How much earlier.
    """
    if not holes:
        return []
    *earlier, (hole_start, hole_end) = holes
    first = earlier[-1][1] if earlier else start_at
    return [*earlier, (max(first, hole_start - before), hole_end)]


def windows_of(
    listing: Listing,
    dataset: Dataset,
    timeframe: str | None,
    holes: list[Range],
    *,
    longest: timedelta,
    step: timedelta,
) -> Iterator[Window]:
    """Cut the holes of one listing into windows, oldest first.

    Args:
        listing: Whose.
        dataset: What.
        timeframe: E.g. ``1m``.
        holes: [start, end), aware UTC, in order.
        longest: Longest window.
        step: Length of a bar.
    """
    for hole in holes:
        for start_at, end_at in split_range(hole, longest, step):
            yield Window(dataset, listing, timeframe, start_at, end_at)
