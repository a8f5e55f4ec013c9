"""Holes of ``quality.gaps`` that a provider may still fill, and whom to ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import class_row

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.instruments import find_instrument
from extract.api.provider import ApiProvider
from extract.coverage import Range
from extract.exchanges import read_exchanges
from extract.landing import TIMEFRAMES
from extract.providers import MisconfiguredError
from extract.registry import load_provider

#: What nobody has answered yet. An answer that there is none is one; a day held back has its bars.
UNANSWERED: Final = ("not_requested", "failed", "rate_limited")
_DAY: Final = timedelta(days=1)

# Neighbours with nothing but closed hours between them are one hole.
_HOLES: Final = """
    with rows as (
        select g.*, s.exchange,
            coalesce(%(provider)s, s.provider) as provider,
            case when %(provider)s is null then s.asked_symbol else g.symbol end as asked_symbol,
            g.state = any(%(states)s) as is_hole,
            lag(g.session_date) over by_time is distinct from g.session_date as opens_day,
            lead(g.session_date) over by_time is distinct from g.session_date as ends_day
        from quality.gaps as g
        inner join core.bar_series as s
            on s.instrument_id = g.instrument_id and s.timeframe = g.timeframe
            and g.session_date >= s.valid_from_date and g.session_date < s.valid_to_date
        where g.expected_count > 0
            and (%(since)s::date is null or g.session_date >= %(since)s::date)
            and (%(instrument_id)s::bigint is null or g.instrument_id = %(instrument_id)s::bigint)
            and (%(timeframe)s::text is null or g.timeframe = %(timeframe)s::text)
        window by_time as (partition by g.instrument_id, g.timeframe order by g.start_at)
    ),
    runs as (
        select *, count(*) filter (where not is_hole) over (
            partition by instrument_id, timeframe order by start_at
        ) as run
        from rows
    )
    select coalesce(asked_symbol, symbol) as symbol, timeframe, provider, exchange,
        min(start_at) as start_at, max(end_at) as end_at,
        min(session_date) as first_date, max(session_date) as last_date,
        (array_agg(opens_day order by start_at))[1] as opens_day,
        (array_agg(ends_day order by start_at desc))[1] as ends_day,
        sum(expected_count)::bigint as bar_count,
        string_agg(distinct state, ', ' order by state) as states
    from runs where is_hole
    group by instrument_id, timeframe, run, coalesce(asked_symbol, symbol), provider, exchange
    order by symbol, timeframe, start_at
"""


@dataclass(frozen=True)
class Hole:
    """A range without bars that nobody has answered for.

    Attributes:
        symbol: Our spelling, as the provider is asked.
        timeframe: E.g. ``1m``.
        provider: Whom to ask; ``None`` where nobody ever was.
        exchange: Code of the exchange.
        start_at: First missing bar, aware UTC.
        end_at: End of the last one.
        first_date: Session day of the first.
        last_date: Session day of the last.
        opens_day: Whether its day has no expected bar before it.
        ends_day: Whether the last day has none after it.
        bar_count: How many bars are missing.
        states: Why, e.g. ``failed, not_requested``.
    """

    symbol: str
    timeframe: str
    provider: str | None
    exchange: str
    start_at: datetime
    end_at: datetime
    first_date: date
    last_date: date
    opens_day: bool
    ends_day: bool
    bar_count: int
    states: str


@dataclass(frozen=True)
class Ask:
    """What one provider is asked for.

    Attributes:
        provider: Whom.
        holes: What for.
        datasets: ``bars``, and ``actions`` where they must come too.
    """

    provider: str
    holes: Sequence[Hole]
    datasets: Sequence[str] = ("bars",)

    def options(self) -> dict[str, Any]:
        """Return the options of the run that asks."""
        return {
            "symbols": list(dict.fromkeys(hole.symbol for hole in self.holes)),
            "timeframes": list(dict.fromkeys(hole.timeframe for hole in self.holes)),
            "datasets": list(self.datasets),
            "start": min(hole.first_date for hole in self.holes) - _DAY,
            "end": max(hole.last_date for hole in self.holes) + 2 * _DAY,
        }

    def ranges(self, project_dir: Path) -> Mapping[tuple[str, str], Sequence[Range]]:
        """Return the ranges to ask for, by symbol and timeframe.

        Args:
            project_dir: The project; its exchanges say when a day begins. Intraday bars of a
                session that is missing from its open or up to its close are asked for from the
                beginning or to the end of the day, for the sake of extended hours.
        """
        seed = project_dir / "seeds" / "exchanges.csv"
        exchanges = {exchange.exchange: exchange for exchange in read_exchanges(seed)}
        ranges: dict[tuple[str, str], list[Range]] = defaultdict(list)
        for hole in self.holes:
            start_at, end_at = hole.start_at, hole.end_at
            exchange = exchanges.get(hole.exchange)
            if hole.timeframe != "1d" and exchange is not None:
                if hole.opens_day:
                    start_at = min(start_at, exchange.day_start(hole.first_date))
                if hole.ends_day:
                    end_at = max(end_at, exchange.day_start(hole.last_date + _DAY))
            ranges[hole.symbol, hole.timeframe].append((start_at, end_at))
        return ranges


@dataclass(frozen=True)
class Plan:
    """What a backfill asks for.

    Attributes:
        asks: Per provider what it is asked for.
        left_out: Holes that nobody is asked for, each with the reason.
    """

    asks: Sequence[Ask]
    left_out: Sequence[tuple[Hole, str]]


def plan_backfill(
    warehouse: Warehouse,
    *,
    since: date | None = None,
    symbol: str | None = None,
    timeframe: str | None = None,
    provider: str | None = None,
    refetch: bool = False,
) -> Plan:
    """Find the holes and whom to ask for them.

    Args:
        warehouse: The database, built.
        since: First session day.
        symbol: Our spelling; without it all.
        timeframe: E.g. ``1m``; without it all.
        provider: Whom to ask; without it, of each series, the best ranked one that was ever asked.
        refetch: Whether to ask also for what a provider answered to have no trades.

    Raises:
        BarhouseError: The symbol or timeframe is unknown, or a build must come first.
        MisconfiguredError: The provider is unknown or cannot be asked for ranges.
    """
    if timeframe is not None and timeframe not in TIMEFRAMES:
        raise BarhouseError(
            f"'{timeframe[:20]}' is no timeframe; expected one of {', '.join(TIMEFRAMES)}."
        )
    if provider is not None:
        _api_provider(provider)
    given = {
        "states": [*UNANSWERED, *(["no_trades"] if refetch else [])],
        "since": since,
        "timeframe": timeframe,
        "provider": provider,
    }
    holes = _holes(warehouse, symbol, given)
    asks: dict[str, list[Hole]] = defaultdict(list)
    left_out = []
    for hole in holes:
        reason = why_not(hole)
        if reason is None and hole.provider is not None:
            asks[hole.provider].append(hole)
        else:
            left_out.append((hole, str(reason)))
    return Plan([Ask(name, mine) for name, mine in sorted(asks.items())], left_out)


def _holes(warehouse: Warehouse, symbol: str | None, given: Mapping[str, Any]) -> list[Hole]:
    with psycopg.connect(warehouse.url("transformer"), autocommit=True) as connection:
        # A plan over many views is not worth compiling.
        connection.execute("set jit = off")
        instrument = find_instrument(connection, symbol) if symbol is not None else None
        try:
            pending = connection.execute(
                "select count(*) from ops.ops_loads where published_at is null"
            ).fetchone()
            if pending and pending[0]:
                raise BarhouseError(
                    f"{pending[0]} loads have landed since the last build, so which bars are "
                    "missing is not known; run `barhouse build` first."
                )
            with connection.cursor(row_factory=class_row(Hole)) as cursor:
                known = {**given, "instrument_id": instrument and instrument.instrument_id}
                return cursor.execute(_HOLES.encode(), known).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise BarhouseError("Nothing is built yet; run `barhouse build` first.") from error


def _api_provider(name: str) -> ApiProvider:
    provider = load_provider(name)
    if not isinstance(provider, ApiProvider):
        raise MisconfiguredError(
            f"Provider '{name}' cannot be asked for the bars of a range; name one with an API."
        )
    return provider


def why_not(hole: Hole) -> str | None:
    """Say why nobody can be asked for some bars; ``None`` where its provider can.

    Args:
        hole: Which bars, and whom to ask.
    """
    if hole.provider is None:
        return "no provider was ever asked; name one with --provider"
    try:
        terms = _api_provider(hole.provider).terms
    except MisconfiguredError as error:
        return str(error)
    if hole.timeframe not in terms.windows:
        return f"{terms.name} has no {hole.timeframe} bars; name another one with --provider"
    back = terms.reach(hole.timeframe)
    if back is not None and hole.end_at <= datetime.now(UTC) - back:
        return (
            f"{terms.name} keeps {hole.timeframe} bars for {back.days} days only; name another "
            "one with --provider"
        )
    return None
