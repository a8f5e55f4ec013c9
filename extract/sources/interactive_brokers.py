"""Interactive Brokers: bars of stocks, funds, indices and currencies from TWS or IB Gateway.

Endpoint: the TWS socket API at ``host`` and ``port``; 4001 is IB Gateway, 4002 the one for paper
trading, 7496 and 7497 are TWS. Whoever runs it is logged in there, so there is no key here. Each
request is one ``reqHistoricalData``, the connection is opened by the first one, and nothing of the
account is asked for.

Times: start of the bar in epoch seconds; bars of a day bear the date of their session.
Units: prices in the listing's currency, ``TRADES`` for all but currencies, restated for later
splits and not for dividends; ``MIDPOINT`` for currencies, which has no volume. Volume in shares, as
TWS from version 10 on counts them; of indices it means nothing.
Limits: 50 requests open at once. Bars of a minute and longer have no hard limit any more but are
slowed down; here it is one request in two seconds, which also keeps within six per contract in two
seconds. TWS may take long over a request that it slows down: ``timeout_seconds`` may be raised.

Quirks:
  * without a subscription there are no bars (``not_permitted``);
  * error 162 is "no data", "too fast" and "not permitted"; only its text tells which, and only
    "returned no data" counts as a window that is surely empty;
  * a duration of days means days or sessions; so a day more is asked for, what is before the window
    is left out here, and an answer that does not reach back to its start is continued;
  * a client id is good for one connection: two runs at once need two;
  * regular trading hours unless ``extended_hours`` is true; bars of a day always span the regular
    ones, those of currencies the whole day;
  * the SDK binds itself to the event loop of the thread that imports it: see
    ``_interactive_brokers/loop.py``;
  * no splits, dividends or symbol list; crypto is left to providers that cover it better.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from extract.api.feed import Feed
from extract.api.provider import ApiProvider
from extract.api.terms import Connection, Terms
from extract.providers import MisconfiguredError
from extract.sources._interactive_brokers.contracts import spell, unspell

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 4001
DEFAULT_CLIENT_ID: Final = 17


def connect(connection: Connection) -> Feed:
    """Make ready to connect to TWS or IB Gateway; the first request does.

    Args:
        connection: Endpoints ``host`` and ``port``; options ``client_id``, a number that no other
            program uses there, and ``extended_hours``, true for bars before and after the session.

    Raises:
        MisconfiguredError: A setting cannot be right.
        ImportError: The SDK is not installed.
    """
    from extract.sources._interactive_brokers.feed import IbFeed
    from extract.sources._interactive_brokers.gateway import Gateway
    from extract.sources._interactive_brokers.opening import Address

    options = connection.options
    extended_hours = options.get("extended_hours", False)
    if not isinstance(extended_hours, bool):
        raise MisconfiguredError(
            f"interactive_brokers has `extended_hours` {extended_hours!r}; expected true or false."
        )
    address = Address(
        host=connection.endpoints.get("host", DEFAULT_HOST),
        port=_number("port", connection.endpoints.get("port", DEFAULT_PORT), 1, 65_535),
        client_id=_number("client_id", options.get("client_id", DEFAULT_CLIENT_ID), 1, 2**31 - 1),
    )
    return IbFeed(Gateway(address, connection.timeout), extended_hours=extended_hours)


def _number(name: str, value: Any, least: int, most: int) -> int:
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not least <= int(text) <= most:
        raise MisconfiguredError(
            f"interactive_brokers has `{name}` '{text[:20]}'; "
            f"expected a whole number from {least} to {most}."
        )
    return int(text)


def _session_scope(asset_class: str, timeframe: str, options: Mapping[str, Any]) -> str:
    has_more = asset_class in ("equity", "etf") and timeframe != "1d"
    return "extended" if has_more and options.get("extended_hours") is True else "regular"


TERMS: Final = Terms(
    name="interactive_brokers",
    title="Interactive Brokers: stocks, funds, indices, currencies, by TWS or IB Gateway",
    feed="smart",
    # One request each, with the day more that is asked for; some thousand bars.
    windows={
        "1m": timedelta(days=5),
        "5m": timedelta(days=14),
        "15m": timedelta(days=28),
        "30m": timedelta(days=28),
        "1h": timedelta(days=56),
        "1d": timedelta(days=360),
    },
    price_basis={"equity": "split", "etf": "split", "index": "split", "fx": "none"},
    volume_unit={"equity": "shares", "etf": "shares", "index": "unknown", "fx": "unknown"},
    spell=spell,
    unspell=unspell,
    session_scope=_session_scope,
    settles_after=timedelta(minutes=2),
    requests_per_minute=30,
    concurrency=4,
    endpoints=("host", "port"),
    variable_prefix="IB",
    options=("client_id", "extended_hours"),
    package="ib_insync",
)

PROVIDER: Final = ApiProvider(TERMS, connect)
