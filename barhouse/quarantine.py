"""What people decide on days held back: ``quality.quarantine_decisions``, written here alone."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import class_row, dict_row

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.instruments import Instrument, find_instrument

STATES: Final = ("open", "cleared", "released", "rejected")
Decision = Literal["release", "reject"]

#: Rules whose bars cannot be published as they are, and what to do instead.
_NOT_RELEASABLE: Final = {
    "price_missing": "core takes no bar without its four prices; land bars that have them",
    "no_session": "a bar needs a session to belong to; add the session to "
    "seeds/session_overrides.csv if the exchange was open, and build",
    "not_listed": "the symbol meant nothing on that day; correct "
    "seeds/symbol_listings.csv, and build",
    "basis_uncertain": "what its prices mean is not known; decide the split (see "
    "quality.action_conflicts), and build",
}
_LISTED: Final = (
    "select q.symbol, q.timeframe, q.session_date, q.state, q.rules, q.violation_count,"
    " q.bar_count, q.providers, q.reason, w.decision as waiting_decision,"
    " w.decided_by as waiting_decided_by, q.decision_id, q.evidence, q.first_seen_at, q.changed_at"
    " from quality.quarantine as q"
    " left join lateral ("
    "   select d.decision, d.decided_by from quality.quarantine_decisions as d"
    "   where d.instrument_id = q.instrument_id and d.timeframe = q.timeframe"
    "   and d.session_date = q.session_date and d.decision_id > coalesce(q.decision_id, 0)"
    "   order by d.decision_id desc limit 1"
    " ) as w on true"
    " where (%(state)s::text is null or q.state = %(state)s)"
    " and (%(instrument_id)s::bigint is null or q.instrument_id = %(instrument_id)s)"
    " order by q.state <> 'open', q.session_date, q.symbol, q.timeframe"
)

_APPEND: Final = (
    "insert into quality.quarantine_decisions (instrument_id, timeframe, session_date,"
    " decision, providers, bars_hash, rules, reason, decided_by)"
    " values (%(instrument_id)s, %(timeframe)s, %(session_date)s, %(decision)s, %(providers)s,"
    " %(bars_hash)s, %(rules)s, %(reason)s, coalesce(%(user)s, session_user))"
)


@dataclass(frozen=True)
class HeldDay:
    """A day that is or was held back, with the newest decision on it."""

    timeframe: str
    session_date: date
    state: str
    rules: str
    providers: str | None
    bars_hash: str | None
    decision_id: int | None
    newest_id: int | None
    newest_decision: str | None
    decided_by: str | None
    decided_at: datetime | None


def listed_days(
    warehouse: Warehouse, state: str | None = None, symbol: str | None = None
) -> list[dict[str, Any]]:
    """Read the days that are or were held back, open ones first.

    Args:
        warehouse: The database.
        state: Only days in this state, one of ``STATES``.
        symbol: Only days of this symbol.

    Returns:
        Rows of ``quality.quarantine``, with the decision that waits for the next build.

    Raises:
        BarhouseError: State or symbol is unknown, or nothing is built yet.
    """
    if state is not None and state not in STATES:
        raise BarhouseError(f"The state is '{state[:20]}'; expected one of {', '.join(STATES)}.")
    with psycopg.connect(warehouse.url("analyst"), autocommit=True) as connection:
        instrument = find_instrument(connection, symbol) if symbol else None
        given = {"state": state, "instrument_id": instrument and instrument.instrument_id}
        try:
            with connection.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(_LISTED.encode(), given).fetchall()
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
            raise BarhouseError("Nothing is built yet; run `barhouse build` first.") from error


def decide(
    warehouse: Warehouse,
    decision: Decision,
    symbol: str,
    session_date: date,
    reason: str,
    *,
    timeframe: str | None = None,
    provider: str | None = None,
) -> str:
    """Note a decision on one day; the next build carries it out.

    Args:
        warehouse: The database.
        decision: ``release`` publishes the day as it was judged, ``reject`` keeps the bars of
            providers from competing.
        symbol: Our spelling.
        session_date: The session day.
        reason: Why.
        timeframe: Which bars; may be left out where one timeframe is held back.
        provider: Whose bars are rejected; without it those of every provider whose bars break a
            rule.

    Returns:
        What the next build will do, in a sentence.

    Raises:
        BarhouseError: There is no such day, or it cannot be decided so; the message says what can.
    """
    if not reason.strip():
        raise BarhouseError("The reason is empty; say in --reason why you decide so.")
    with psycopg.connect(warehouse.url("transformer"), autocommit=True) as connection:
        instrument = find_instrument(connection, symbol)
        day = _chosen_day(connection, instrument, session_date, timeframe)
        name = f"{instrument.symbol} {day.timeframe} {day.session_date}"
        _refuse_decided(name, day)
        providers = None
        if decision == "release":
            _refuse_unreleasable(name, day)
        else:
            providers = _rejected_providers(connection, instrument, day, name, provider)
        connection.execute(
            _APPEND.encode(),
            {
                "instrument_id": instrument.instrument_id,
                "timeframe": day.timeframe,
                "session_date": day.session_date,
                "decision": decision,
                "providers": providers,
                "bars_hash": day.bars_hash if decision == "release" else None,
                "rules": day.rules,
                "reason": reason.strip(),
                "user": _user(warehouse),
            },
        )
    if decision == "release":
        return f"The next build publishes {name} as it was judged: run `barhouse build`."
    return f"The next build leaves the bars of {providers} out of {name}: run `barhouse build`."


def _days(connection: psycopg.Connection, instrument: Instrument) -> list[HeldDay]:
    query = (
        "select h.timeframe, h.session_date, h.state, h.rules, h.providers, h.bars_hash,"
        " h.decision_id, d.decision_id as newest_id, d.decision as newest_decision,"
        " d.decided_by, d.decided_at"
        " from quality.quarantined_days as h left join lateral ("
        "   select * from quality.quarantine_decisions as d"
        "   where d.instrument_id = h.instrument_id and d.timeframe = h.timeframe"
        "   and d.session_date = h.session_date order by d.decision_id desc limit 1"
        " ) as d on true where h.instrument_id = %s order by h.session_date, h.timeframe"
    )
    with connection.cursor(row_factory=class_row(HeldDay)) as cursor:
        return cursor.execute(query.encode(), (instrument.instrument_id,)).fetchall()


def _chosen_day(
    connection: psycopg.Connection,
    instrument: Instrument,
    session_date: date,
    timeframe: str | None,
) -> HeldDay:
    days = _days(connection, instrument)
    found = [
        day
        for day in days
        if day.session_date == session_date and timeframe in (None, day.timeframe)
    ]
    found = [day for day in found if day.state == "open"] or found
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"--timeframe {day.timeframe}" for day in found)
        raise BarhouseError(
            f"{instrument.symbol} {session_date} is held back in several timeframes; add {choices}."
        )
    what = f"{instrument.symbol} {timeframe or ''}".strip()
    near = sorted(days, key=lambda day: (day.state != "open", abs(day.session_date - session_date)))
    if not near:
        raise BarhouseError(
            f"No day of {what} is in quarantine; `barhouse quality list` shows which are."
        )
    shown = ", ".join(f"{day.session_date} {day.timeframe} ({day.state})" for day in near[:5])
    raise BarhouseError(f"{what} has no day {session_date} in quarantine; the nearest are {shown}.")


def _refuse_decided(name: str, day: HeldDay) -> None:
    decided = f"by {day.decided_by} at {day.decided_at:%Y-%m-%d %H:%M} UTC" if day.newest_id else ""
    if day.newest_id and day.newest_id > (day.decision_id or 0):
        raise BarhouseError(
            f"{name} is decided already: a {day.newest_decision} {decided} waits for the next "
            "build; run `barhouse build`."
        )
    if day.state in ("released", "rejected"):
        raise BarhouseError(
            f"{name} is decided already: {day.state} {decided}; bars that land later are judged "
            "with it."
        )
    if day.state == "cleared":
        raise BarhouseError(f"{name} is not held back any more, so there is nothing to decide.")


def _refuse_unreleasable(name: str, day: HeldDay) -> None:
    for rule in day.rules.split(", "):
        if instead := _NOT_RELEASABLE.get(rule):
            raise BarhouseError(f"{name} breaks {rule} and cannot be released: {instead}.")
    if day.bars_hash is None:
        raise BarhouseError(
            f"{name} was judged without some of its bars, which had landed before; run `barhouse "
            "build`, look at it again, then release it."
        )


def _rejected_providers(
    connection: psycopg.Connection,
    instrument: Instrument,
    day: HeldDay,
    name: str,
    provider: str | None,
) -> str:
    if provider is None:
        if day.providers is None:
            raise BarhouseError(
                f"Whose bars of {name} break a rule is not noted yet; run `barhouse build`, or "
                "name the --provider."
            )
        return day.providers
    rows = connection.execute(
        "select distinct provider from core.instrument_symbols where instrument_id = %s order by 1",
        (instrument.instrument_id,),
    )
    known = [str(row[0]) for row in rows]
    if provider not in known:
        raise BarhouseError(
            f"The provider '{provider[:40]}' reports no {instrument.symbol}; those that do are "
            f"{', '.join(known)}."
        )
    return provider


def _user(warehouse: Warehouse) -> str | None:
    # The embedded database has one login, which says nothing; a server's login says who it was.
    if not warehouse.is_embedded:
        return None
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
