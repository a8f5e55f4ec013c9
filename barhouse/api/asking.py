"""From what a user asks to rows: checks, meanings, bounds, the statement, earlier bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pyarrow as pa

from barhouse.api import choices, frames, times
from barhouse.api.completing import completed
from barhouse.api.keeping import Keepers, key_of
from barhouse.api.meanings import Asked, common_zone, meant_by, words_of
from barhouse.api.queries import AsOf, BarsQuery, Question, Wish
from barhouse.api.reading import Reader
from barhouse.api.routing import LakeSource, fetched
from barhouse.api.shelved import Found, Partly, found_on
from barhouse.api.standing import Moment, Standing
from barhouse.api.versions import versions_statement
from barhouse.shelf import Shelf

if TYPE_CHECKING:
    import pandas as pd

#: Tries to reach far enough back, each this many times as far, before everything is read.
_STEPS: Final = (1, 5, 25)
#: Of a session of the shortest usual length.
_SESSION_MINUTES: Final = 390
_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Asker:
    """Understands questions and fetches bars.

    Attributes:
        standing: The database, and what holds as long as nothing is written to it.
        zone: Of all answers; none for that of the exchange.
        keepers: Where answers are kept.
        lake: For what the database has no more.
        shelf: What lies on this machine; none for the database alone.
        as_of: What was known then; none for now.
    """

    standing: Standing
    zone: ZoneInfo | None
    keepers: Keepers
    lake: LakeSource
    shelf: Shelf | None
    as_of: AsOf | None = None

    @property
    def reader(self) -> Reader:
        """The database."""
        return self.standing.reader

    def instruments(self, symbols: object) -> list[Asked]:
        """Return the instruments that symbols mean.

        Args:
            symbols: One or several.

        Raises:
            BarhouseError: One means nothing.
        """
        return meant_by(words_of(symbols), self.standing.moment())

    def wish(self, question: Question) -> Wish:
        """Return what a question asks for.

        Args:
            question: As given.

        Raises:
            BarhouseError: It asks for what does not exist.
        """
        # All that can be told without the database first.
        width = choices.timeframe_of(question.timeframe)
        choices.one_of(question.adjusted, choices.ADJUSTED, "adjusted")
        choices.one_of(question.frame, choices.FRAMES, "frame")
        names = choices.columns_of(question.columns, width)
        given = times.zone_of(question.tz) if question.tz is not None else self.zone
        start, end = times.bound_of(question.start, "start"), times.bound_of(question.end, "end")
        times.refuse_empty(start, end, given or ZoneInfo("UTC"))
        words = words_of(question.symbols)
        moment = self.standing.moment()
        asked = meant_by(words, moment)
        zone = given or common_zone(asked)
        days: tuple[date, date]
        instants = None
        if width.is_intraday:
            first, last, first_at, last_at = times.spans_between(start, end, zone)
            days, instants = (first, last), (first_at, last_at)
        else:
            days = times.days_between(start, end, zone)
        query = BarsQuery(
            instruments=tuple(one.instrument_id for one in asked),
            timeframe=width,
            adjusted=question.adjusted,  # type: ignore[arg-type]
            columns=names,
            days=days,
            instants=instants,
            as_of=self.as_of,
        )
        return Wish(asked, query, zone, start, moment)

    def bars(self, wish: Wish) -> pa.Table:
        """Return the bars of a wish, with ``symbol`` and ``time``.

        Args:
            wish: From :meth:`wish`.
        """
        words = [one.word for one in wish.asked]
        return frames.named_rows(self.rows(wish), wish.query.instruments, words)

    def rows(self, wish: Wish) -> pa.Table:
        """Return the bars of a wish, with ``instrument_id`` and ``time``.

        Args:
            wish: From :meth:`wish`.
        """
        found = self._shelved(wish.query, wish.moment)
        return found.table() if found is not None else self._kept(wish.query, wish.moment)

    def frame(self, wish: Wish) -> pd.DataFrame:
        """Return the bars of a wish of one symbol as a data frame.

        Args:
            wish: From :meth:`wish`.
        """
        found = self._shelved(wish.query, wish.moment)
        if found is not None and (columns := found.columns()):
            return frames.frame_of(found.times(), columns, wish.zone)
        table = found.table() if found is not None else self._kept(wish.query, wish.moment)
        return frames.bars_to_pandas(table, wish.query.columns, wish.zone)

    def _kept(self, query: BarsQuery, moment: Moment) -> pa.Table:
        if not self.keepers:
            return self._fetched(query)
        # Asked before the rows: if a publish comes between, newer rows are kept under versions that
        # nobody sees again, never older ones under newer versions.
        key = moment.known(("key", query), lambda: _key_of(query, moment))
        table = self.keepers.get(key)
        if table is None:
            table = self._fetched(query)
            self.keepers.put(key, table)
        return table

    def _shelved(self, query: BarsQuery, moment: Moment) -> Found | None:
        found = found_on(self.shelf, query, moment) if self.shelf is not None else None
        if isinstance(found, Partly):
            return completed(
                found, lambda part: self._kept(part, moment), moment, self.standing.moment
            )
        return found

    def _fetched(self, query: BarsQuery) -> pa.Table:
        return fetched(query, self.reader, self.lake)

    def bars_with_those_before(self, wish: Wish, count: int | None) -> tuple[pa.Table, int]:
        """Return the rows of a wish of one symbol and at least so many before them.

        They begin with a whole session.

        Args:
            wish: From :meth:`wish`.
            count: How many; none for all there are.

        Returns:
            The rows, and the place of the first that was asked for.
        """
        if wish.start is None:
            table = self.rows(wish)
            return table, 0
        for step in _STEPS if count is not None else ():
            far = timedelta(days=step * _days_of(count or 0, wish.query))
            back = times.moved(wish.query.days[0], -far)
            # Counted first: where too few lie so near, nothing is fetched in vain.
            if count and self._count(_before(wish, back), wish.moment) < count:
                continue
            table = self.rows(_since(wish, back))
            first = _first_asked(table, wish)
            if first >= (count or 0):
                return table, first
        table = self.rows(_since(wish, times.FIRST_DAY))
        return table, _first_asked(table, wish)

    def _count(self, query: BarsQuery, moment: Moment) -> int:
        # As reported: what adjusts bars leaves none out.
        reported = replace(query, columns=("close",), adjusted="raw")

        def count() -> int:
            found = self._shelved(reported, moment)
            return self._fetched(reported).num_rows if found is None else found.count

        counted: int = moment.known(reported, count)
        return counted

    def last_bars(self, question: Question, count: int) -> tuple[pa.Table, Wish]:
        """Return the newest rows of one symbol, and what was understood.

        Args:
            question: Without a start.
            count: How many.
        """
        wish = self.wish(question)
        # As those before a day that has not come: nobody says when the newest bar was.
        after = times.moved(min(wish.query.days[1], date.today()), timedelta(days=1))  # noqa: DTZ011
        first = _since(wish, after)
        table, _ = self.bars_with_those_before(replace(first, start=after), count)
        return table.slice(max(table.num_rows - count, 0)), wish


def past(bound: date, zone: ZoneInfo, *, is_loaded: bool) -> AsOf:
    """Return what a date or time means for what was known then.

    Args:
        bound: A date counts whole.
        zone: Of a time that has none.
        is_loaded: Whether bars count as known since they landed.
    """
    if isinstance(bound, datetime):
        instant = times.instant_of(bound, zone)
        return AsOf(instant, times.days_between(bound, None, zone)[0], is_loaded)
    return AsOf(times.instant_of(datetime.combine(bound, time.max), zone), bound, is_loaded)


def framed(table: pa.Table, wish: Wish, frame: choices.Frame, drop: Sequence[str] = ()) -> Any:
    """Return bars in the form that was asked for.

    Args:
        table: From :meth:`Asker.bars`, or of one symbol from :meth:`Asker.rows`.
        wish: What they answer.
        frame: ``pandas``, ``polars`` or ``arrow``.
        drop: Columns that the answer does not show.
    """
    hidden = ("session_date", "instrument_id", *drop)
    shown = [name for name in table.column_names if name not in hidden]
    return frames.as_frame(table, shown, frame, wish.zone)


def _key_of(query: BarsQuery, moment: Moment) -> str:
    return key_of(query, moment.table(*versions_statement(query)).to_pylist())


def _since(wish: Wish, day: date) -> Wish:
    query = replace(wish.query, days=(day, wish.query.days[1]))
    if query.instants:
        query = replace(query, instants=(times.earliest_of(day), query.instants[1]))
    return replace(wish, query=query)


def _before(wish: Wish, day: date) -> BarsQuery:
    # The bars since a day that lie before those asked for.
    query = _since(wish, day).query
    if query.instants and isinstance(wish.start, datetime):
        last = times.moved_instant(wish.query.instants[0], -_MOMENT)  # type: ignore[index]
        return replace(query, days=(day, wish.query.days[0]), instants=(query.instants[0], last))
    last_day = times.moved(wish.query.days[0], timedelta(days=-1))
    query = replace(query, days=(day, last_day))
    if query.instants:
        # That spares a look at all bars that were asked for.
        last = min(times.latest_of(last_day), query.instants[1])
        query = replace(query, instants=(query.instants[0], last))
    return query


def _first_asked(table: pa.Table, wish: Wish) -> int:
    # Rows are in order, by time and so by day.
    if wish.query.instants is not None and isinstance(wish.start, datetime):
        return _count_before(table["time"], times.microseconds_of(wish.query.instants[0]))
    days = "time" if wish.query.instants is None else "session_date"
    return _count_before(table[days], times.day_number_of(wish.query.days[0]))


def _count_before(column: pa.ChunkedArray, first: int) -> int:
    kind = pa.int32() if pa.types.is_date(column.type) else pa.int64()
    count = 0
    for chunk in column.chunks:
        values = chunk.view(kind).to_numpy()
        if len(values) and values[-1] >= first:
            return count + int(values.searchsorted(first))
        count += len(values)
    return count


def _days_of(count: int, query: BarsQuery) -> int:
    # Calendar days in which an exchange with the usual weekends has so many bars, and some more.
    if not query.timeframe.is_intraday:
        return (count + 1) * query.timeframe.days * 3 // 2 + 10
    in_a_session = max(_SESSION_MINUTES // query.timeframe.count, 1)
    return (count // in_a_session + 1) * 3 // 2 + 7
