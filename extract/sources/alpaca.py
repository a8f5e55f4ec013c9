"""Alpaca: bars, splits, dividends and the symbol list of US stocks and ETFs; bars of crypto pairs.

Endpoints (SDK ``alpaca-py``, raw answers, page by page):

  * ``/v2/stocks/bars`` and ``/v1beta3/crypto/us/bars`` of the data host: one symbol a request,
    10,000 bars a page, oldest first;
  * ``/v1/corporate-actions`` of the data host;
  * ``/v2/assets`` of the trading host, which differs between live and paper accounts: the key says
    which (``AK``: live), ``trading_base_url`` overrules it.

Time: a bar carries its start as RFC 3339 in UTC. Hours begin at the full hour. Days of stocks begin
at midnight in New York; open, high, low and close of a day are those of the regular session, its
volume counts the whole day. Intraday bars span 04:00 to 20:00 New York, always. Days of crypto
pairs must begin at midnight UTC to be taken for days; older ones are known to begin at midnight in
Chicago, and a window that holds one fails and says so.

Units: prices as traded (``adjustment=raw``) in US dollars, or in the quote currency of a pair;
volume in shares or in the base currency, whole or not. Crypto minutes without a trade are made of
quotes: volume and trade count 0 and no vwap.

Limits: 200 requests a minute on the free plan; its SIP data end 15 minutes ago, and a window of
minutes ends before that. A window of days may end with today, which the free plan refuses; it is
then asked for without an end, which Alpaca reads as "as late as you may". History begins in 2016,
crypto in 2021.

Quirks:
  * An unknown symbol is answered like one without trades, so the symbol of an empty answer is
    looked up among the assets, once. If those are not open to the key, the window fails.
  * ``asof=-``: a symbol means itself at all times. Otherwise Alpaca puts FB's bars under META, and
    what a window holds would depend on the day it was asked for.
  * ``end`` is inclusive, so a window is asked for up to a second before its end.
  * Actions are filtered by the day they are processed, for a dividend the day it is paid, so more
    is asked for than the window and what has its ex-date outside is left out.
  * A stock dividend of 0.05 is a split of 1.05. Spin-offs, mergers and the splits of units into
    shares and warrants are neither splits nor cash, and are not asked for.
  * Funds are not told apart from shares: the symbol list has all of them as ``equity``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final

from extract.api.provider import ApiProvider
from extract.api.terms import Connection, Credential, Terms
from extract.providers import MisconfiguredError
from extract.sources._alpaca.feed import AlpacaFeed

FEEDS: Final = ("sip", "iex", "otc")


def _as_it_is(symbol: str, _asset_class: str) -> str:
    return symbol


def _session_scope(asset_class: str, timeframe: str, _options: Mapping[str, Any]) -> str:
    if asset_class == "crypto":
        return "24x7"
    return "regular" if timeframe == "1d" else "extended"


TERMS: Final = Terms(
    name="alpaca",
    title="Alpaca: US stocks and ETFs since 2016, and crypto; bars, actions, symbols",
    feed="sip",
    # Below 50,000 bars, five pages, of a market that never closes.
    windows={
        "1m": timedelta(days=31),
        "5m": timedelta(days=170),
        "15m": timedelta(days=500),
        "30m": timedelta(days=1000),
        "1h": timedelta(days=2000),
        "1d": timedelta(days=3650),
    },
    price_basis={"equity": "raw", "etf": "raw", "crypto": "none"},
    volume_unit={"equity": "shares", "etf": "shares", "crypto": "base"},
    spell=_as_it_is,
    unspell=_as_it_is,
    session_scope=_session_scope,
    settles_after=timedelta(minutes=15),
    delay=timedelta(minutes=16),
    requests_per_minute=200,
    burst=10,
    has_actions=True,
    has_assets=True,
    credentials=(
        Credential("api_key", "APCA_API_KEY_ID"),
        Credential("api_secret", "APCA_API_SECRET_KEY"),
    ),
    endpoints=("base_url", "trading_base_url", "ca_file"),
    options=("feed",),
    feed_option="feed",
    other_feeds={"crypto": "us"},
    package="alpaca-py",
)


def connect(connection: Connection) -> AlpacaFeed:
    """Make a feed; nothing is asked yet.

    Args:
        connection: Where and with which key.

    Raises:
        MisconfiguredError: There is no such feed, or the key cannot be one.
    """
    from extract.sources._alpaca.client import DATA_URL, Client, trading_url

    feed = connection.options.get("feed", TERMS.feed)
    if feed not in FEEDS:
        raise MisconfiguredError(
            f"alpaca has the feed {feed!r} in config/providers.yaml; "
            f"expected one of {', '.join(FEEDS)}."
        )
    for credential in TERMS.credentials:
        value = connection.credentials[credential.name]
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise MisconfiguredError(
                f"{credential.variable} holds characters that no key has; copy it again."
            )
    key, secret = (connection.credentials[name] for name in ("api_key", "api_secret"))
    endpoints = connection.endpoints
    client = partial(
        Client,
        api_key=key,
        api_secret=secret,
        timeout=connection.timeout,
        ca_file=endpoints.get("ca_file"),
        concurrency=connection.concurrency,
    )
    data = endpoints.get("base_url", DATA_URL)
    return AlpacaFeed(
        stocks=client(data, "v2"),
        crypto=client(data, "v1beta3"),
        corporate=client(data, "v1"),
        trading=client(endpoints.get("trading_base_url") or trading_url(key), "v2"),
        feed=feed,
        secrets=[key, secret],
    )


PROVIDER: Final = ApiProvider(TERMS, connect)
