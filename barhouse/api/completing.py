"""Answers of which the shelf has a part: the pages that changed come from the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Final

import pyarrow as pa

from barhouse.api.pages import page_query, pages_of
from barhouse.api.queries import BarsQuery
from barhouse.api.shelved import Cut, Found, Partly
from barhouse.api.standing import Moment
from barhouse.shelf.blocks import page_of

#: Of more periods everything is asked for at once.
_MOST_PERIODS: Final = 3


def completed(
    partly: Partly, ask: Callable[[BarsQuery], pa.Table], moment: Moment, now: Callable[[], Moment]
) -> Found | None:
    """Return all rows of a question.

    Args:
        partly: What the shelf has.
        ask: Answers a question without the shelf.
        moment: When what the shelf has was found.
        now: Tells what holds after the rest was read.

    Returns:
        None where too many pages are lacking, or bars changed in between: then the rows found and
        those read need not be of one state.
    """
    wanted: dict[date, list[int]] = {}
    for _, number, period in partly.lacking:
        wanted.setdefault(period, []).append(number)
    if len(wanted) > _MOST_PERIODS:
        return None
    read: dict[tuple[int, date], pa.RecordBatch] = {}
    for period, numbers in sorted(wanted.items()):
        numbers.sort()
        rows = ask(_part_of(partly, period, numbers))
        pages = pages_of(rows, partly.kind, numbers)
        read.update(zip(((number, period) for number in numbers), pages, strict=True))
    after = now()
    if after.answers is not moment.answers and partly.versions_at(after) != partly.versions:
        return None
    cuts = list(partly.found.cuts)
    for place, number, period in reversed(partly.lacking):
        if bars := read[number, period].num_rows:
            cuts.insert(place, Cut(number, page_of(read[number, period]), 0, bars))
    return replace(partly.found, cuts=cuts)


def _part_of(partly: Partly, period: date, numbers: list[int]) -> BarsQuery:
    # What was asked for of the period.
    query, page = partly.found.query, page_query(partly.kind, period, numbers)
    days = max(query.days[0], page.days[0]), min(query.days[1], page.days[1])
    if query.instants and page.instants:
        first_at = max(query.instants[0], page.instants[0])
        return replace(
            page, days=days, instants=(first_at, min(query.instants[1], page.instants[1]))
        )
    return replace(page, days=days)
