"""From the symbols that a user names to instruments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from barhouse.api import meaning_texts
from barhouse.api.choices import nearest, shown
from barhouse.api.standing import Moment
from barhouse.errors import BarhouseError

_TOLD = 3


@dataclass(frozen=True)
class Asked:
    """A symbol that was asked for, and the instrument it means.

    Attributes:
        word: As it was asked.
        instrument_id: Permanent.
        zone: Of its exchange; UTC where that is not known.
    """

    word: str
    instrument_id: int
    zone: ZoneInfo


def words_of(symbols: object) -> list[str]:
    """Return the symbols of a list, each once.

    Args:
        symbols: A symbol, or an iterable of them.

    Raises:
        BarhouseError: There is none, or one is no text.
    """
    if isinstance(symbols, str):
        symbols = [symbols]
    if not isinstance(symbols, Iterable) or isinstance(symbols, bytes):
        raise BarhouseError(f"symbols is {shown(symbols)}; expected a symbol or a list of them.")
    words = list(dict.fromkeys(symbols))
    for word in words:
        if not isinstance(word, str):
            raise BarhouseError(f"A symbol is {shown(word)}; expected text such as 'AAPL'.")
    if not words:
        raise BarhouseError("No symbol was given; expected at least one, such as 'AAPL'.")
    return words


def meant_by(words: list[str], moment: Moment) -> list[Asked]:
    """Return the instruments that symbols mean, in their order.

    Args:
        words: As asked; with an asset class before a colon where several have the symbol.
        moment: The database.

    Raises:
        BarhouseError: A symbol means nothing, or several things.
    """
    asked: list[Asked] = moment.known(("meant", *words), lambda: _meant_by(words, moment))
    return asked


def _meant_by(words: list[str], moment: Moment) -> list[Asked]:
    # Nothing that cannot be printed is a symbol, and a text with a zero byte cannot be asked for.
    asked = [word for word in words if word.isprintable()]
    rows = moment.table(meaning_texts.MEANINGS, [asked]).to_pylist() if asked else []
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["word"], []).append(row)
    unknown = [word for word in words if word not in found]
    if unknown:
        raise BarhouseError(_unknown(unknown, len(words), moment))
    for word, meanings in found.items():
        if len(meanings) > 1:
            choices = " or ".join(f"{row['asset_class']}:{word}" for row in meanings)
            raise BarhouseError(f"{shown(word)} names several instruments; say {choices}.")
    names: dict[int, str] = {}
    for word in words:
        number = found[word][0]["instrument_id"]
        if number in names:
            raise BarhouseError(
                f"{shown(names[number])} and {shown(word)} are the same instrument; ask for one."
            )
        names[number] = word
    return [
        Asked(word, number, ZoneInfo(found[word][0]["timezone"] or "UTC"))
        for number, word in names.items()
    ]


def common_zone(asked: list[Asked]) -> ZoneInfo:
    """Return the zone that all instruments have, else UTC.

    Args:
        asked: At least one.
    """
    zones = {one.zone for one in asked}
    return zones.pop() if len(zones) == 1 else ZoneInfo("UTC")


def _unknown(unknown: list[str], count: int, moment: Moment) -> str:
    table: pa.Table = moment.table(meaning_texts.KNOWN_SYMBOLS)
    known = [str(name) for name in table["symbol"].to_pylist()]
    if not known:
        return "No symbol is known yet; land some bars and run `barhouse build`."
    told = []
    for word in unknown[:_TOLD]:
        near = nearest(word[:64], known, 3 if count > 1 else 5)
        told.append(
            f"{shown(word)} (the nearest are {', '.join(near)})" if near else f"{shown(word)}"
        )
    if count == 1:
        near = nearest(unknown[0][:64], known)
        said = "the nearest are" if near else "there are, among others,"
        return f"There is no symbol {shown(unknown[0])}; {said} {', '.join(near or known[:5])}."
    more = f" and {len(unknown) - _TOLD} more" if len(unknown) > _TOLD else ""
    return f"{len(unknown)} of {count} symbols are unknown: {', '.join(told)}{more}."
