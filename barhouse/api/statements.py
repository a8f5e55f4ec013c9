"""The SQL of the API. Its text is made of the constants of this module; every value is bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from barhouse.api.choices import MART_MINUTES, PRICES, Adjusted, Timeframe

LATEST: Final = """
select instrument_id, session_date, close, total_return, is_final, built_from
from marts.latest_bars
where instrument_id = any($1::bigint[])
"""

COVERAGE: Final = """
select
    timeframe,
    built_from,
    min(session_date) as first_session_date,
    max(session_date) as last_session_date,
    count(distinct session_date) as session_count,
    count(*) as bar_count,
    min(bar_start_at) as first_bar_start_at,
    max(bar_start_at) as last_bar_start_at
from marts.bars
where instrument_id = $1::bigint
group by timeframe, built_from
"""


#: Marts of bars longer than a day, and their label.
LONG_MARTS: Final = {
    "1w": ("marts.bars_1w", "week_start_date"),
    "1mo": ("marts.bars_1mo", "month_start_date"),
}

#: Labels this late leave room for the days of their bar.
LAST_LABEL: Final = date(9900, 1, 1)


VERSIONS: Final = """
select part, version
from ops.ops_answer_versions($1::bigint[], $2::date, $3::date)
where part = any($4::text[])
order by part
"""


@dataclass(frozen=True)
class AsOf:
    """What was known then.

    Attributes:
        instant: In UTC.
        day: The last day that counts.
        is_loaded: Whether bars count as known since they landed; else since their day.
    """

    instant: datetime
    day: date
    is_loaded: bool


@dataclass(frozen=True)
class BarsQuery:
    """Which bars.

    Attributes:
        instruments: Their ids, in the order of the answer.
        timeframe: How long the bars are.
        adjusted: ``raw``, ``split`` or ``total_return``.
        columns: Names.
        days: First and last session day; of bars longer than a day, of their label.
        instants: First and last start of an intraday bar; none for longer ones.
        is_exact: Decimals as stored, instead of doubles.
        as_of: What was known then; none for now.
    """

    instruments: tuple[int, ...]
    timeframe: Timeframe
    adjusted: Adjusted
    columns: tuple[str, ...]
    days: tuple[date, date]
    instants: tuple[datetime, datetime] | None
    is_exact: bool = False
    as_of: AsOf | None = None


def bars_statement(query: BarsQuery) -> tuple[str, list[object]]:
    """Return the statement that gives the bars, and its parameters.

    It gives ``instrument_id``, ``time`` and, of intraday bars, ``session_date`` beside the columns;
    instruments in their order, each by time.

    Args:
        query: Which bars.
    """
    text = _Text(query)
    statement = text.long_bars() if _is_long(query.timeframe) else text.plain_bars()
    return statement, text.parameters


def versions_statement(query: BarsQuery) -> tuple[str, list[object]]:
    """Return the statement that gives the versions of what an answer depends on.

    Args:
        query: Which bars.
    """
    timeframe = query.timeframe
    parts = {"warehouse", "symbols", "core.bars_1m"}
    if not timeframe.is_intraday:
        parts.add("core.bars_1d")
    elif timeframe.count > 1:
        parts |= {"core.bars_intraday", "calendar"}
    if query.adjusted != "raw":
        parts.add("factors")
    if "is_final" in query.columns:
        parts |= {"reach", "calendar"}
    last = min(query.days[1], LAST_LABEL) + timedelta(days=timeframe.days - 1)
    return VERSIONS, [list(query.instruments), query.days[0], last, sorted(parts)]


def _is_long(timeframe: Timeframe) -> bool:
    return not timeframe.is_intraday and timeframe.name != "1d"


class _Text:
    def __init__(self, query: BarsQuery) -> None:
        self.query = query
        self.parameters: list[object] = []

    def bound(self, value: object, kind: str) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}::{kind}"

    def plain_bars(self) -> str:
        query = self.query
        keys = (
            "b.bar_start_at as time, b.session_date" if query.instants else "b.session_date as time"
        )
        values = ", ".join(f"{self.value(name)} as {name}" for name in query.columns)
        wanted = [self.of_instruments("b")]
        wanted.append(f"b.session_date >= {self.bound(query.days[0], 'date')}")
        wanted.append(f"b.session_date <= {self.bound(query.days[1], 'date')}")
        if query.instants:
            wanted.append(f"b.bar_start_at >= {self.bound(query.instants[0], 'timestamptz')}")
            wanted.append(f"b.bar_start_at <= {self.bound(query.instants[1], 'timestamptz')}")
        return (
            f"select b.instrument_id, {keys}, {values} from {self.relation(wanted)}"  # noqa: S608
            f" where {' and '.join(wanted)} order by {self.order('b')}, 2"
        )

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
        first, last = (self.bound(day, "date") for day in query.days)
        wanted = [
            self.of_instruments("b"),
            f"b.session_date >= {first}",
            # No day of the last bucket lies later than this.
            f"b.session_date < least({last}, date '9998-01-01') + {query.timeframe.days + 1}",
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
        factors = "marts.adjustments"
        if query.as_of:
            # What a day and the day of knowledge have in common comes after both.
            day = self.bound(query.as_of.day, "date")
            factors = (
                "(select every.instrument_id, every.valid_from_date, every.valid_to_date,"  # noqa: S608
                " every.split_ratio / one.split_ratio as split_ratio,"
                " every.dividend_factor / one.dividend_factor as dividend_factor"
                " from marts.adjustments as every inner join marts.adjustments as one"
                " on every.instrument_id = one.instrument_id"
                f" and one.valid_from_date <= {day} and one.valid_to_date > {day})"
            )
        return (
            f"{name} inner join {factors} as f on b.instrument_id = f.instrument_id"
            " and b.session_date >= f.valid_from_date and b.session_date < f.valid_to_date"
        )

    def source(self, wanted: list[str]) -> str:
        timeframe, as_of = self.query.timeframe, self.query.as_of
        is_loaded = as_of is not None and as_of.is_loaded
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
            expression += " * f.split_ratio" if name == "volume" else " / f.split_ratio"
            if self.query.adjusted == "total_return" and name != "volume":
                expression += " * f.dividend_factor"
        if total is not None:
            expression = f"{total}({expression})"
        # An adjusted price is a quotient, and no decimal holds it exactly.
        if self.query.is_exact and self.query.adjusted == "raw":
            return expression
        return f"({expression})::double precision"
