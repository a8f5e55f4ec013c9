"""Alpaca's answers: what they must look like, and what is in them.

An answer that does not look as documented is told as such and asked for again; it never counts as
one that holds nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import isfinite
from operator import itemgetter
from typing import Any, Final

from extract.api.feed import BarColumns, Dividend, Fault, FaultError, Listing, Split

_BAR: Final = ("t", "o", "h", "l", "c", "v", "n", "vw")
_bar_values: Final = itemgetter(*_BAR)

#: Alpaca's names of exchanges to MICs; the ones it no longer lists on have no entry.
_EXCHANGES: Final = {
    "AMEX": "XASE",
    "ARCA": "ARCX",
    "BATS": "BATS",
    "CRYPTO": "CRYPTO",
    "NASDAQ": "XNAS",
    "NYSE": "XNYS",
    "NYSEARCA": "ARCX",
    "OTC": "OTCM",
}
#: ISO 10383 for no exchange in particular.
_NO_EXCHANGE: Final = "XXXX"

#: What the groups of an answer hold, by the type that was asked for.
ACTION_GROUPS: Final = {
    "forward_split": "forward_splits",
    "reverse_split": "reverse_splits",
    "stock_dividend": "stock_dividends",
    "cash_dividend": "cash_dividends",
}


def broken(what: str) -> FaultError:
    """Make the error of an answer that is not as documented.

    Args:
        what: The rest of a sentence about the answer, e.g. ``has no bars``.
    """
    return FaultError(Fault("retry", f"its answer {what}"))


def page_of(answer: Any, key: str, optional: Collection[str] = ()) -> tuple[dict[str, Any], Any]:
    """Take a page out of its envelope.

    Args:
        answer: Decoded JSON.
        key: Where the content stands, which must be an object.
        optional: What else may stand beside it and the token.

    Returns:
        The content, and the token of the next page; ``None`` after the last one.

    Raises:
        FaultError: The envelope is not as documented.
    """
    if not isinstance(answer, dict):
        raise broken(f"is of type {type(answer).__name__}; expected an object with {key}")
    for name in (key, "next_page_token"):
        if name not in answer:
            raise broken(f"has no {name}; it has {_names(answer)}")
    if others := answer.keys() - {key, "next_page_token", *optional}:
        raise broken(f"has {_names(others)}, which nobody announced")
    content, token = answer[key], answer["next_page_token"]
    if not isinstance(content, dict):
        raise broken(f"has {key} of type {type(content).__name__}; expected an object")
    if token is not None and (not isinstance(token, str) or not token):
        raise broken("has a next_page_token that is no text")
    return content, token


def bars_of(content: Mapping[str, Any], symbol: str) -> list[Any]:
    """Return the bars of a page for one symbol.

    Args:
        content: Lists of bars by symbol; without the symbol there are none.
        symbol: The only one asked for.

    Raises:
        FaultError: There are others, or something else than bars.
    """
    if others := content.keys() - {symbol}:
        raise broken(f"has bars of {_names(others)}; asked for {symbol}")
    bars = content.get(symbol, [])
    if not isinstance(bars, list):
        raise broken(f"has bars of type {type(bars).__name__}; expected a list")
    if not all(bar is None or isinstance(bar, dict) for bar in bars):
        raise broken("has bars that are no objects")
    return bars


def columns_of(bars: list[Any]) -> BarColumns:
    """Turn bars into columns; what a bar lacks is ``None`` there.

    Args:
        bars: Objects with t, o, h, l, c, v, n and vw, at least one.
    """
    try:
        values = zip(*map(_bar_values, bars), strict=True)
    except (KeyError, TypeError):
        values = zip(*([(bar or {}).get(name) for name in _BAR] for bar in bars), strict=True)
    times, opens, highs, lows, closes, volumes, counts, vwaps = map(list, values)
    return BarColumns(
        times=times,
        time_form="rfc3339",
        open=opens,
        high=highs,
        low=lows,
        close=closes,
        volume=volumes,
        # A bar of quotes alone, which crypto has, writes 0 for the price that no trade had.
        vwap=[
            None if volume == 0 and vwap == 0 else vwap
            for volume, vwap in zip(volumes, vwaps, strict=True)
        ],
        trade_count=counts,
    )


def check_days(times: Sequence[Any], symbol: str) -> None:
    """Check that the days of a pair are days of UTC.

    Args:
        times: Their starts; what is no time is not looked at.
        symbol: Of the pair.

    Raises:
        FaultError: One begins at another hour.
    """
    for text in times:
        try:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        except (TypeError, ValueError):
            continue
        if moment.time() != time():
            reason = (
                f"Alpaca's days of {symbol} begin at {moment:%H:%M} UTC, not at midnight (seen on "
                f"{moment:%Y-%m-%d}); take 1h, of which days are made here"
            )
            raise FaultError(Fault("failed", reason))


def actions_of(
    content: Mapping[str, Any], symbol: str, first: date, last: date
) -> tuple[list[Split], list[Dividend]]:
    """Return the splits and dividends of a page whose ex-date lies in a range.

    Args:
        content: Lists of actions by group.
        symbol: The only one asked for.
        first: First ex-date wanted.
        last: Last ex-date wanted, inclusive.

    Raises:
        FaultError: There are groups or symbols that were not asked for, or things that are no
            actions.
    """
    if others := content.keys() - set(ACTION_GROUPS.values()):
        raise broken(f"has {_names(others)}, which were not asked for")
    splits, dividends = [], []
    for group, rows in content.items():
        for row in rows if isinstance(rows, list) else [rows]:
            if not isinstance(row, dict) or row.get("symbol") != symbol:
                raise broken(f"has {group} that are not of {symbol}")
            ex_date, event_id = row.get("ex_date"), row.get("id")
            if _lies_outside(ex_date, first, last):
                continue
            if group == "cash_dividends":
                dividends.append(Dividend(ex_date, row.get("rate"), event_id=event_id))
            else:
                splits.append(Split(ex_date, _ratio(group, row), event_id))
    return splits, dividends


def listing_of(asset: Any, asset_class: str) -> Listing:
    """Return an asset as a listing.

    Args:
        asset: Decoded JSON.
        asset_class: Ours.

    Raises:
        FaultError: It is no asset.
    """
    if not isinstance(asset, dict) or not isinstance(symbol := asset.get("symbol"), str):
        raise broken("has an asset without a symbol")
    _base, _slash, quote = symbol.partition("/")
    return Listing(
        symbol=symbol,
        provider_symbol=symbol,
        asset_class=asset_class,
        exchange="CRYPTO"
        if asset_class == "crypto"
        else _EXCHANGES.get(str(asset.get("exchange")), _NO_EXCHANGE),
        currency=(quote or "USD") if asset_class == "crypto" else "USD",
        name=asset.get("name") or None,
        is_active=asset["status"] == "active" if "status" in asset else None,
    )


def _lies_outside(ex_date: Any, first: date, last: date) -> bool:
    try:
        return not first <= date.fromisoformat(ex_date) <= last
    except (TypeError, ValueError):
        return False  # for the checks behind us to tell


def _ratio(group: str, row: Mapping[str, Any]) -> Decimal | str | None:
    if group == "stock_dividends":
        rate = _decimal(row.get("rate"))
        return None if rate is None else 1 + rate
    new, old = _decimal(row.get("new_rate")), _decimal(row.get("old_rate"))
    # What cannot be divided is handed on as it stands, to be shown as what it is.
    return new / old if new and old else f"{row.get('new_rate')}/{row.get('old_rate')}"


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return Decimal(str(value))


def _names(names: Collection[str]) -> str:
    shown = sorted(map(str, names))[:5]
    return ", ".join(shown) + ("" if len(names) <= 5 else " and others") or "nothing"
