"""All that stands behind the bars of one day: rows, verdicts, rules, factors and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.instruments import Instrument, find_instrument

Row = dict[str, Any]

#: Lengths that land, longest first.
TIMEFRAMES: Final = ("1d", "4h", "1h", "30m", "15m", "5m", "1m")

_SESSION = (
    "select s.session_date, s.open_at, s.close_at, s.is_early_close, s.calendar_version,"
    " e.timezone, s.open_at is not null as is_session"
    " from core.instruments as i"
    " left join prep.exchanges as e on e.exchange = i.exchange"
    " left join core.sessions as s on s.exchange = i.exchange and s.session_date = %(day)s"
    " where i.instrument_id = %(instrument_id)s"
)
_DAY = (
    "select symbol, open, high, low, close, volume, vwap, is_final, built_from, provider"
    " from marts.bars_1d where instrument_id = %(instrument_id)s and session_date = %(day)s"
)
_ADJUSTED = (
    "select open, high, low, close, volume, split_factor, dividend_factor"
    " from marts.bars_1d_adjusted"
    " where instrument_id = %(instrument_id)s and session_date = %(day)s"
)
_LANDED = (
    "select b.*, r.source, r.outcome, r.requested_at"
    " from quality.landed_bars(%(instrument_id)s, %(day)s) as b"
    " left join staging.requests as r"
    "   on r.request_id = b.request_id and r._dlt_load_id = b.load_id"
    " where (%(timeframe)s::text is null or b.timeframe = %(timeframe)s)"
    " and (%(at)s::timestamptz is null or b.timeframe = '1d' or b.bar_start_at = %(at)s)"
    " order by b.timeframe, b.bar_start_at, b.verdict <> 'published', b.provider_priority,"
    " b.loaded_at desc"
)
_ARCHIVED = (
    "select p.timeframe, p.bar_count, min(a.archived_at) as archived_at"
    " from core.day_profiles as p inner join ops.archived_ranges as a"
    " on a.relation_name ="
    " case p.timeframe when '1m' then 'core.bars_1m' else 'core.bars_intraday' end"
    " and p.covered && tstzrange(a.range_start_at, a.range_end_at)"
    " where p.instrument_id = %(instrument_id)s and p.session_date = %(day)s"
    " and p.timeframe <> '1d' group by p.timeframe, p.bar_count order by p.timeframe"
)
_RULES = "select rule, severity, max_share from quality.bar_rules"
_HELD = (
    "select timeframe, state, rules, reason, violation_count, bar_count, evidence,"
    " first_seen_at, changed_at"
    " from quality.quarantine where instrument_id = %(instrument_id)s and session_date = %(day)s"
    " order by timeframe"
)
_OUTLIERS = (
    "select timeframe, rule, bar_start_at, seen_value, usual_value from quality.outliers"
    " where instrument_id = %(instrument_id)s and session_date = %(day)s order by timeframe, rule"
)
_RESTATEMENTS = (
    "select timeframe, bar_start_at, kind, revised_at, provider_before, provider_after,"
    " load_id_before, load_id_after, close_before, close_after from quality.restatements"
    " where instrument_id = %(instrument_id)s and session_date = %(day)s"
    " order by revised_at, bar_start_at"
)
_ACTIONS = (
    "select a.action_type, a.ex_date, a.split_ratio, a.dividend_amount, a.currency, a.agreement,"
    " a.is_applied, coalesce(a.held_back_reason, f.held_back_reason) as held_back_reason,"
    " a.provider, a.load_id, f.previous_close,"
    " case a.action_type when 'split' then 1 / f.split_ratio"
    " when 'cash_dividend' then f.dividend_factor end as factor"
    " from core.corporate_actions as a"
    " left join core.action_factors as f"
    "   on f.instrument_id = a.instrument_id and f.ex_date = a.ex_date"
    " where a.instrument_id = %(instrument_id)s and a.ex_date > %(day)s"
    " order by a.ex_date, a.action_type desc"
)
_TESTS = (
    "select test_name, models, status, failure_count, run_at, last_failed_at from ops.ops_tests"
    " where string_to_array(models, ', ') && %(models)s::text[] order by status = 'pass', test_name"
)
#: The models whose tests speak of any bar, and those that speak of one timeframe.
_MODELS: Final = (
    *("int_bars__judged", "sessions", "instruments", "symbol_history", "corporate_actions"),
    *("action_factors", "adjustment_factors", "daily_bars", "bars_1d_adjusted", "returns_1d"),
)
_MODELS_OF: Final = {
    "1d": ("bars_1d",),
    "1m": ("bars_1m", "minute_bars", "rollup_5m", "rollup_1d", "days_from_minutes"),
}


@dataclass(frozen=True)
class Explanation:
    """What stands behind the bars of one day; rows carry the names of the columns they come from.

    Attributes:
        instrument: Whose bars.
        session_date: The day.
        session: Hours of its exchange on that day, UTC; ``is_session`` is false on a closed day.
        day: ``marts.bars_1d`` of it; ``None`` where nothing is published.
        adjusted: ``marts.bars_1d_adjusted`` of it.
        archived: Timeframes whose published bars of it are, in whole or in part, in the lake alone;
            what was reported for them has the verdict ``archived``, whatever became of it.
        landed: Every reported bar with what became of it (``quality.landed_bars``) and its request.
        rules: The rules that every bar is judged by.
        held: The rows of ``quality.quarantine``.
        outliers: The soft rules that the day breaks.
        restatements: What was changed after it was published.
        actions: Corporate actions with a later ex-date, which adjust the day.
        tests: The data tests of the models it went through, and how they ended.
    """

    instrument: Instrument
    session_date: date
    session: Row
    day: Row | None
    adjusted: Row | None
    archived: list[Row] = field(default_factory=list)
    landed: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    held: list[Row] = field(default_factory=list)
    outliers: list[Row] = field(default_factory=list)
    restatements: list[Row] = field(default_factory=list)
    actions: list[Row] = field(default_factory=list)
    tests: list[Row] = field(default_factory=list)


def explain(
    warehouse: Warehouse,
    symbol: str,
    session_date: date,
    *,
    timeframe: str | None = None,
    at: time | None = None,
) -> Explanation:
    """Collect all that stands behind the bars of one day.

    Args:
        warehouse: The database.
        symbol: Our spelling.
        session_date: The session day.
        timeframe: Only reported bars of this length.
        at: Only the intraday bar that starts then, by the clock of the exchange.

    Returns:
        What was found; lists are empty where there is nothing.

    Raises:
        BarhouseError: There is no such symbol or timeframe, or nothing is built yet.
    """
    if timeframe is not None and timeframe not in TIMEFRAMES:
        raise BarhouseError(
            f"The timeframe is '{timeframe[:20]}'; bars land as one of {', '.join(TIMEFRAMES)}."
        )
    with psycopg.connect(
        warehouse.url("transformer"), autocommit=True, row_factory=dict_row
    ) as connection:
        instrument = find_instrument(connection, symbol)
        given: dict[str, Any] = {
            "instrument_id": instrument.instrument_id,
            "day": session_date,
            "timeframe": timeframe,
            "at": None,
        }
        try:
            session = _rows(connection, _SESSION, given)[0]
            given["at"] = _instant(session_date, at, session)
            landed = _rows(connection, _LANDED, given)
            given["models"] = _models({row["timeframe"] for row in landed})
            return Explanation(
                instrument=instrument,
                session_date=session_date,
                session=session,
                day=_first(connection, _DAY, given),
                adjusted=_first(connection, _ADJUSTED, given),
                archived=_rows(connection, _ARCHIVED, given),
                landed=landed,
                rules=_rows(connection, _RULES, given),
                held=_rows(connection, _HELD, given),
                outliers=_rows(connection, _OUTLIERS, given),
                restatements=_rows(connection, _RESTATEMENTS, given),
                actions=_rows(connection, _ACTIONS, given),
                tests=_rows(connection, _TESTS, given),
            )
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedFunction) as error:
            raise BarhouseError("Not everything is built yet; run `barhouse build`.") from error


def _models(timeframes: Iterable[str]) -> list[str]:
    own = [_MODELS_OF.get(timeframe, ("bars_intraday",)) for timeframe in timeframes]
    return [*_MODELS, *(model for models in own for model in models)]


def _instant(day: date, at: time | None, session: Row) -> datetime | None:
    if at is None:
        return None
    return datetime.combine(day, at, ZoneInfo(session["timezone"] or "UTC"))


def _rows(connection: psycopg.Connection[Row], query: str, given: Mapping[str, Any]) -> list[Row]:
    return connection.execute(query.encode(), given).fetchall()


def _first(connection: psycopg.Connection[Row], query: str, given: Mapping[str, Any]) -> Row | None:
    return next(iter(_rows(connection, query, given)), None)
