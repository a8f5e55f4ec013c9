"""Yahoo: bars, splits and dividends of stocks, funds, indices, crypto and currencies.

Endpoint: ``query2.finance.yahoo.com/v8/finance/chart/{symbol}``, unofficial and without a key,
called with yfinance, which fetches a cookie and a crumb first, and a symbol's time zone when it
meets it first; each of these requests takes a turn.

Time: an intraday bar is labelled by its start (handed over as epoch seconds), a daily bar by the
exchange's date. Hours begin with the session: 09:30, 10:30. ``30m`` is put together by yfinance out
of two 15m bars, because Yahoo answers 30m with something else.

Units: prices in the listing's currency (pence are ``GBX``); a listing in another currency fails.
Prices, volume and dividends are restated by Yahoo for all splits up to the day of the request, so
the basis is ``split``. Prices arrive as 32-bit floats written with 64 bits and are handed over as
the shortest text of the 32. The volume of crypto is in its quote currency and cut to whole numbers,
hence of unknown unit, like that of an index; currencies have none.

Limits: none published; 60 requests a minute are a guess, and Yahoo answers 429 long before it says
why. 1m bars: at most 8 days a request, of the last 30 days; 5m, 15m and 30m: the last 60 days; 1h:
the last 730 days; 1d: all. We keep a day away from each.

Quirks: an unknown and a delisted symbol look the same (404). A window without a bar is answered
with an empty chart, with HTTP 400 when it lies before the first bar, or with the day before.
A live quote may stand as the last row. An ex-date without a session is a row without prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from extract.api.feed import Feed
from extract.api.provider import ApiProvider
from extract.api.terms import Connection, Terms
from extract.providers import MisconfiguredError
from extract.sources._yahoo.symbols import spell, unspell

_REACH: Final = {
    "1m": timedelta(days=29),
    "5m": timedelta(days=59),
    "15m": timedelta(days=59),
    "30m": timedelta(days=59),
    "1h": timedelta(days=729),
}


def connect(connection: Connection) -> Feed:
    """Connect to Yahoo; nothing goes over the wire yet.

    Args:
        connection: Endpoints ``proxy`` and ``ca_file``; option ``extended_hours``, true for bars
            before and after the session.

    Raises:
        MisconfiguredError: ``extended_hours`` is neither true nor false.
    """
    extended_hours = connection.options.get("extended_hours", False)
    if not isinstance(extended_hours, bool):
        raise MisconfiguredError(
            f"yahoo has `extended_hours` {extended_hours!r}; expected true or false."
        )
    from extract.sources._yahoo.feed import YahooFeed

    return YahooFeed(connection)


def _session_scope(asset_class: str, timeframe: str, options: Mapping[str, Any]) -> str:
    if asset_class == "crypto":
        return "24x7"
    has_more = asset_class in ("equity", "etf") and timeframe != "1d"
    return "extended" if has_more and options.get("extended_hours") is True else "regular"


TERMS: Final = Terms(
    name="yahoo",
    title="Yahoo Finance: stocks, funds, indices, crypto, currencies; no key",
    feed="yahoo",
    windows={
        "1m": timedelta(days=7),
        "5m": timedelta(days=59),
        "15m": timedelta(days=59),
        "30m": timedelta(days=59),
        "1h": timedelta(days=365),
        "1d": timedelta(days=3650),
    },
    price_basis={
        "equity": "split",
        "etf": "split",
        "index": "split",
        "crypto": "none",
        "fx": "none",
    },
    volume_unit={
        "equity": "shares",
        "etf": "shares",
        "index": "unknown",
        "crypto": "unknown",
        "fx": "unknown",
    },
    spell=spell,
    unspell=unspell,
    session_scope=_session_scope,
    settles_after=timedelta(minutes=20),
    requests_per_minute=60,
    burst=2,
    # yfinance serves one caller at a time.
    concurrency=1,
    reach=_REACH.get,
    has_actions=True,
    # Yahoo tells events when they happen; the second day is for exchanges ahead of UTC.
    announces=timedelta(days=2),
    endpoints=("proxy", "ca_file"),
    options=("extended_hours",),
    package="yfinance",
)

PROVIDER: Final = ApiProvider(TERMS, connect)
