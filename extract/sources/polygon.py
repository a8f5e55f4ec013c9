"""Polygon: aggregates of US stocks and funds, crypto and currencies, with splits and dividends.

Endpoints: ``/v2/aggs/ticker/<ticker>/range/<n>/<timespan>/<from>/<to>``, ``/v3/reference/splits``,
``/v3/reference/dividends`` and ``/v3/reference/tickers``. The company is Massive by now; old and
new host answer alike.

Times: ``t`` is the bar's start in epoch milliseconds. A day of a stock begins at 00:00 New York, a
day of a pair at 00:00 UTC. For crypto that is the session; for currencies it is not, so their days
are not offered: they are made of minutes.
Units: prices as traded, restated for nothing, in the listing's currency; volume in shares, of
crypto in the base currency, of currencies a number of quotes. Intraday bars of stocks run from
04:00 to 20:00 New York, there is no switch; prices of a day are the regular session's, its
volume is the whole day's.
Limits: a key of the free plan may ask five times a minute, for two years back, and not before the
day is over (``delay_minutes`` in ``config/providers.yaml`` keeps from asking); other plans are not
limited (``requests_per_minute``) and go back five, ten or twenty years. One answer is made of up to
50,000 base bars, which are minutes for everything below a day: 31 days around the clock.

Quirks:
  * an unknown ticker looks like one without trades, so an empty answer is confirmed once per ticker
    by the ticker list; without leave to see that list nothing is taken as empty;
  * the next page of unadjusted aggregates is adjusted unless the request says it again; the SDK
    does not, we do, and an adjusted answer is refused;
  * minutes without a trade have no bar; ``vw`` and ``n`` may be missing;
  * bars of the last fifteen minutes come late on delayed plans, and late trades revise bars;
  * the SDK drops pages that it cannot read, see ``_polygon/answers.py``, and never applies its
    timeouts, see ``_polygon/client.py``; it knows no proxies.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from extract.api.feed import Feed
from extract.api.provider import ApiProvider
from extract.api.terms import Connection, Credential, Terms
from extract.sources._polygon.names import spell, unspell

_MONTH: Final = timedelta(days=31)


def _scope(asset_class: str, timeframe: str, _options: Mapping[str, Any]) -> str:
    if asset_class == "crypto":
        return "24x7"
    return "extended" if asset_class in ("equity", "etf") and timeframe != "1d" else "regular"


def connect(connection: Connection) -> Feed:
    """Connect to Polygon; no request is made.

    Args:
        connection: Endpoints ``base_url`` and ``ca_file``, credential ``api_key``.

    Raises:
        MisconfiguredError: A setting or the key cannot be right.
    """
    from extract.sources._polygon.client import open_client
    from extract.sources._polygon.feed import PolygonFeed

    return PolygonFeed(open_client(connection))


TERMS: Final = Terms(
    name="polygon",
    title="Polygon (Massive): US stocks, funds, crypto and currencies, by key",
    feed="sip",
    windows={
        "1m": _MONTH,
        "5m": _MONTH,
        "15m": _MONTH,
        "30m": _MONTH,
        "1h": _MONTH,
        "1d": timedelta(days=3650),
    },
    price_basis={"equity": "raw", "etf": "raw", "crypto": "none", "fx": "none"},
    volume_unit={"equity": "shares", "etf": "shares", "crypto": "base", "fx": "unknown"},
    spell=spell,
    unspell=unspell,
    session_scope=_scope,
    settles_after=timedelta(minutes=20),
    requests_per_minute=5,
    has_actions=True,
    has_assets=True,
    credentials=(Credential("api_key", "POLYGON_API_KEY"),),
    endpoints=("base_url", "ca_file"),
    package="polygon-api-client",
)

PROVIDER: Final = ApiProvider(TERMS, connect)
