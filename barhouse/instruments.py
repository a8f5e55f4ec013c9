"""What a user means by a symbol and a day, and what a command says when there is no such thing."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from barhouse.errors import BarhouseError

_NEAREST = 5


@dataclass(frozen=True)
class Instrument:
    """One row of ``core.instruments``."""

    instrument_id: int
    symbol: str
    asset_class: str
    exchange: str
    currency: str


def find_instrument(connection: psycopg.Connection[Any], symbol: str) -> Instrument:
    """Return the instrument of a symbol.

    Args:
        connection: The warehouse, as a role that may read ``core``.
        symbol: Our spelling, with its asset class before a colon where several share it:
            ``AAPL`` or ``equity:AAPL``.

    Raises:
        BarhouseError: No instrument has this symbol, several have, or nothing is built yet.
    """
    query = (
        "select instrument_id, symbol, asset_class, exchange, currency from core.instruments"
        " where symbol = %(symbol)s or asset_class || ':' || symbol = %(symbol)s"
        " order by asset_class"
    )
    try:
        with connection.cursor(row_factory=tuple_row) as cursor:
            found = cursor.execute(query.encode(), {"symbol": symbol}).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise BarhouseError("Nothing is built yet; run `barhouse build` first.") from error
    if len(found) > 1:
        choices = " or ".join(f"{row[2]}:{row[1]}" for row in found)
        raise BarhouseError(f"{symbol} names several instruments; say {choices}.")
    if not found:
        raise BarhouseError(_unknown(connection, symbol))
    return Instrument(*found[0])


def day_of(text: str) -> date:
    """Return a date that a user gave.

    Args:
        text: As ``YYYY-MM-DD``.

    Raises:
        BarhouseError: It is no such date.
    """
    try:
        if len(text) != len("YYYY-MM-DD"):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as error:
        raise BarhouseError(f"'{text[:20]}' is no date; expected YYYY-MM-DD.") from error


def _unknown(connection: psycopg.Connection[Any], symbol: str) -> str:
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute("select symbol from core.instruments")
        known = [str(name) for (name,) in cursor]
    if not known:
        return "No instrument is known yet; land some bars and run `barhouse build`."
    folded: dict[str, list[str]] = {}
    for name in sorted(known):
        folded.setdefault(name.upper(), []).append(name)
    near = difflib.get_close_matches(symbol.upper(), folded, n=_NEAREST, cutoff=0.4)
    names = [name for key in near for name in folded[key]][:_NEAREST] or sorted(known)[:_NEAREST]
    said = "the nearest are" if near else "there are"
    return f"There is no symbol '{symbol[:64]}'; {said} {', '.join(names)}."
