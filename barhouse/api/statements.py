"""The SQL of the API. Its text is made of the constants of this module; every value is bound."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Final

from barhouse.api.choices import MART_MINUTES, PRICES, Adjusted, Timeframe
from barhouse.api.queries import BarsQuery
from barhouse.api.spans import Span, narrowed, written

#: Marts of bars longer than a day, and their label.
LONG_MARTS: Final = {
    "1w": ("marts.bars_1w", "week_start_date"),
    "1mo": ("marts.bars_1mo", "month_start_date"),
}


def bars_statement(query: BarsQuery, elsewhere: Sequence[Span] = ()) -> tuple[str, list[object]]:
    """Return the statement that gives the bars, and its parameters.

    It gives ``instrument_id``, ``time`` and, of intraday bars, ``session_date`` beside the columns;
    instruments in their order, each by time.

    Args:
        query: Which bars.
        elsewhere: Times of which the bars as reported are not asked for; of intraday bars only.
    """
    if _is_planned_once(query):
        return _days_of_one(query), [query.instruments[0], *query.days]
    text = _Text(query, elsewhere)
    statement = text.long_bars() if _is_long(query.timeframe) else text.plain_bars()
    return statement, text.parameters


def factors_statement(query: BarsQuery) -> tuple[str, list[object]]:
    """Return the statement that gives what adjusts the bars, numbers as text.

    Args:
        query: Which bars.
    """
    text = _Text(query)
    statement = (
        "select f.instrument_id, f.valid_from_date, f.valid_to_date,"  # noqa: S608
        " f.split_ratio::text as split_ratio, f.dividend_factor::text as dividend_factor"
        f" from {text.factors()} as f where {text.of_instruments('f')}"
        f" and f.valid_to_date > {text.bound(query.days[0], 'date')}"
        f" and f.valid_from_date <= {text.bound(query.days[1], 'date')}"
        " order by f.instrument_id, f.valid_from_date"
    )
    return statement, text.parameters


def _is_planned_once(query: BarsQuery) -> bool:
    is_plain = query.adjusted == "raw" and query.as_of is None and not query.is_exact
    return is_plain and query.timeframe.name == "1d" and len(query.instruments) == 1


def _is_chosen(query: BarsQuery) -> bool:
    # From a function that is told instruments and days.
    is_loaded = query.as_of is not None and query.as_of.is_loaded
    return query.timeframe.name == "1d" and not is_loaded


def _days_of_one(query: BarsQuery) -> str:
    values = ", ".join(f"b.{name}" for name in query.columns)
    return (
        f"select b.instrument_id, b.session_date as time, {values}"  # noqa: S608
        " from marts.days_of_instrument($1::bigint, $2::date, $3::date) as b"
    )


def _is_long(timeframe: Timeframe) -> bool:
    return not timeframe.is_intraday and timeframe.name != "1d"


class _Text:
    def __init__(self, query: BarsQuery, elsewhere: Sequence[Span] = ()) -> None:
        self.query = query
        self.elsewhere = elsewhere
        self.parameters: list[object] = []

    def bound(self, value: object, kind: str) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}::{kind}"

    @cached_property
    def days_bound(self) -> tuple[str, str]:
        first, last = self.query.days
        return self.bound(first, "date"), self.bound(last, "date")

    def plain_bars(self) -> str:
        query = self.query
        keys = (
            "b.bar_start_at as time, b.session_date" if query.instants else "b.session_date as time"
        )
        values = ", ".join(f"{self.value(name)} as {name}" for name in query.columns)
        first, last = self.days_bound
        wanted = self.factors_between(first, last)
        if not _is_chosen(query):
            wanted += [self.of_instruments("b")]
            wanted += [f"b.session_date >= {first}", f"b.session_date <= {last}"]
        if query.instants:
            wanted += self.times(query.instants)
        return (
            f"select b.instrument_id, {keys}, {values} from {self.relation(wanted)}"  # noqa: S608
            f" where {' and '.join(wanted) or 'true'} order by {self.order('b')}, 2"
        )

    def times(self, instants: tuple[datetime, datetime]) -> list[str]:
        holes = list(self.elsewhere)
        # Bars that were built from others are not elsewhere, whatever those they were built from.
        is_built = self.query.timeframe.count > 1
        if not is_built:
            instants, holes = narrowed(instants, holes)
        wanted = [
            f"b.bar_start_at >= {self.bound(instants[0], 'timestamptz')}",
            f"b.bar_start_at <= {self.bound(instants[1], 'timestamptz')}",
        ]
        if holes:
            # Read once: the text of an instant could mean another one for each row.
            hole = f"b.bar_start_at <@ (select {self.bound(written(holes), 'tstzmultirange')})"
            wanted.append(
                f"not (b.built_from = 'provider' and {hole})" if is_built else f"not {hole}"
            )
        return wanted

    def long_bars(self) -> str:
        # Buckets of days, weeks or months as time_bucket counts them: weeks from Mondays.
        query = self.query
        width = self.bound(f"{query.timeframe.count} {query.timeframe.unit}s", "interval")
        label = f"time_bucket({width}, b.session_date)"
        made = {
            **{
                name: f"{how}({self.value(name)})"
                for name, how in (("high", "max"), ("low", "min"))
            },
            "open": f"first({self.value('open')}, b.session_date)",
            "close": f"last({self.value('close')}, b.session_date)",
            "volume": self.value("volume", "sum"),
            "trade_count": "sum(b.trade_count)::bigint",
            "is_final": "bool_and(b.is_final)",
        }
        values = ", ".join(f"{made[name]} as {name}" for name in query.columns)
        first, last = self.days_bound
        after = f"least({last}, date '9998-01-01') + {query.timeframe.days + 1}"
        wanted = [
            self.of_instruments("b"),
            f"b.session_date >= {first}",
            # No day of the last bucket lies later than this.
            f"b.session_date < {after}",
            *self.factors_between(first, after),
        ]
        grouped = (
            f"select b.instrument_id, {label} as time, {values} from {self.relation(wanted)}"  # noqa: S608
            f" where {' and '.join(wanted)} group by b.instrument_id, 2"
        )
        kept = ", ".join(f"g.{name}" for name in query.columns if name != "is_final")
        judged = ""
        if "is_final" in query.columns:
            is_final, judged = self.final_long_bars(width, first, last)
            kept = f"{kept}{', ' if kept else ''}{is_final} as is_final"
        return (
            f"select g.instrument_id, g.time, {kept} from ({grouped}) as g{judged}"  # noqa: S608
            f" where g.time >= {first} and g.time <= {last} order by {self.order('g')}, 2"
        )

    def final_long_bars(self, width: str, first: str, last: str) -> tuple[str, str]:
        query = self.query
        mart = LONG_MARTS.get(query.timeframe.name)
        if mart and query.as_of is None:
            # As the mart judges it.
            name, label = mart
            return "j.is_final", (
                f" inner join {name} as j on g.instrument_id = j.instrument_id"
                f" and g.time = j.{label} and {self.of_instruments('j')}"
                f" and j.{label} >= {first} and j.{label} <= {last}"
            )
        # Final once a later one has begun.
        later = (
            f"select from {self.days()} as later where later.instrument_id = g.instrument_id"
            f" and later.session_date >= g.time + {width}"
        )
        if query.as_of and not query.as_of.is_loaded:
            later += f" and later.session_date <= {self.bound(query.as_of.day, 'date')}"
        return f"g.is_final and exists ({later})", ""

    def of_instruments(self, alias: str) -> str:
        if len(self.query.instruments) == 1:
            return f"{alias}.instrument_id = {self.bound(self.query.instruments[0], 'bigint')}"
        return (
            f"{alias}.instrument_id = any({self.bound(list(self.query.instruments), 'bigint[]')})"
        )

    def factors_between(self, first: str, last: str) -> list[str]:
        # Without it each bar is held against the factors of all years.
        if self.query.adjusted == "raw":
            return []
        return [f"f.valid_to_date > {first}", f"f.valid_from_date <= {last}"]

    def order(self, alias: str) -> str:
        if len(self.query.instruments) == 1:
            return f"{alias}.instrument_id"
        ids = self.bound(list(self.query.instruments), "bigint[]")
        return f"array_position({ids}, {alias}.instrument_id)"

    def relation(self, wanted: list[str]) -> str:
        query = self.query
        name = self.source(wanted)
        if query.as_of and not query.as_of.is_loaded:
            wanted.append(f"b.session_date <= {self.bound(query.as_of.day, 'date')}")
        if query.adjusted == "raw":
            return name
        return (
            f"{name} inner join {self.factors()} as f on b.instrument_id = f.instrument_id"
            # of two comparisons the planner would expect hardly a row, and loop over all
            " and coalesce("
            "b.session_date >= f.valid_from_date and b.session_date < f.valid_to_date, false)"
        )

    def factors(self) -> str:
        if self.query.as_of is None:
            return "marts.adjustments"
        # What a day and the day of knowledge have in common comes after both.
        day = self.bound(self.query.as_of.day, "date")
        return (
            "(select every.instrument_id, every.valid_from_date, every.valid_to_date,"  # noqa: S608
            " every.split_ratio / one.split_ratio as split_ratio,"
            " every.dividend_factor / one.dividend_factor as dividend_factor"
            " from marts.adjustments as every inner join marts.adjustments as one"
            " on every.instrument_id = one.instrument_id"
            f" and one.valid_from_date <= {day} and one.valid_to_date > {day})"
        )

    def source(self, wanted: list[str]) -> str:
        timeframe, as_of = self.query.timeframe, self.query.as_of
        is_loaded = as_of is not None and as_of.is_loaded
        if _is_chosen(self.query):
            ids = self.bound(list(self.query.instruments), "bigint[]")
            first, last = self.days_bound
            return f"marts.bars_1d_of({ids}, {first}, {last}) as b"
        if not timeframe.is_intraday:
            return f"{self.days()} as b"
        if is_loaded and as_of:
            width = self.bound(timeframe.count, "integer")
            known = self.bound(as_of.instant, "timestamptz")
            return f"marts.session_bars_as_of({width}, {known}) as b"
        if timeframe.count == 1:
            return "marts.bars_1m as b"
        if timeframe.count in MART_MINUTES:
            wanted.append(f"b.timeframe = {self.bound(MART_MINUTES[timeframe.count], 'text')}")
            return "marts.bars as b"
        return f"marts.session_bars({self.bound(timeframe.count, 'integer')}) as b"

    def days(self) -> str:
        as_of = self.query.as_of
        if as_of is None or not as_of.is_loaded:
            return "marts.bars_1d"
        return f"marts.bars_1d_as_of({self.bound(as_of.instant, 'timestamptz')})"

    def value(self, name: str, total: str | None = None) -> str:
        expression = f"b.{name}"
        if name not in (*PRICES, "vwap", "volume"):
            return expression
        if self.query.adjusted != "raw":
            expression = _adjusted(expression, self.query.adjusted, is_volume=name == "volume")
        if total is not None:
            expression = f"{total}({expression})"
        # An adjusted price is a quotient, and no decimal holds it exactly.
        if self.query.is_exact and self.query.adjusted == "raw":
            return expression
        return f"({expression})::double precision"


def _adjusted(value: str, adjusted: Adjusted, *, is_volume: bool) -> str:
    # Most bars are adjusted by 1, which is quicker asked than divided by.
    split = f"{value} {'*' if is_volume else '/'} f.split_ratio"
    whens = f"when f.split_ratio = 1 then {value} else {split}"
    if adjusted == "total_return" and not is_volume:
        whens = (
            f"when f.split_ratio = 1 and f.dividend_factor = 1 then {value}"
            f" when f.split_ratio = 1 then {value} * f.dividend_factor"
            f" else {split} * f.dividend_factor"
        )
    return f"case {whens} end"
