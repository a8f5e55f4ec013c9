"""Coinbase: candles of spot crypto from the Advanced Trade API, with or without a key.

Endpoint: ``/api/v3/brokerage/market/products/<id>/candles`` in public, and with a key the signed
``/api/v3/brokerage/products/<id>/candles``; products from ``/api/v3/brokerage/market/products``.
A key is worth having for its own rate limit; the candles are the same.

Times: ``start`` is the bucket's start in epoch seconds, days begin at 00:00 UTC, around the clock.
Units: all numbers are text; prices in the quote currency, volume in the base currency. Nothing is
adjusted.
Limits: fewer than 350 buckets a request; ten requests a second per address without a key, thirty
per user with one. History goes back to the listing of the product.

Quirks:
  * newest first; ``start`` and ``end`` are both inclusive, so the bucket that begins where a part
    ends comes along and is left out here;
  * a bucket without a trade is not there at all;
  * an answer without ``candles`` is an error in disguise: it is asked for again, never "no data";
  * the SDK never retries, which is what we want, and knows no scheme but https: see
    ``_coinbase/client.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from extract.api.feed import Feed
from extract.api.provider import ApiProvider
from extract.api.terms import Connection, Credential, Terms
from extract.sources._coinbase.names import spell, unspell


def _scope(_asset_class: str, _timeframe: str, _options: Mapping[str, Any]) -> str:
    return "24x7"


def connect(connection: Connection) -> Feed:
    """Connect to Coinbase; no request is made.

    Args:
        connection: Endpoints ``base_url`` and ``ca_file``; credentials both or none.

    Raises:
        MisconfiguredError: A setting or a credential cannot be right.
    """
    from extract.sources._coinbase.client import open_client
    from extract.sources._coinbase.feed import CoinbaseFeed

    return CoinbaseFeed(open_client(connection))


TERMS: Final = Terms(
    name="coinbase",
    title="Coinbase: spot crypto, no key needed",
    feed="coinbase",
    # 1440 buckets, which is five requests
    windows={
        "1m": timedelta(days=1),
        "5m": timedelta(days=5),
        "15m": timedelta(days=15),
        "30m": timedelta(days=30),
        "1h": timedelta(days=60),
        "1d": timedelta(days=1440),
    },
    price_basis={"crypto": "none"},
    volume_unit={"crypto": "base"},
    spell=spell,
    unspell=unspell,
    session_scope=_scope,
    settles_after=timedelta(minutes=2),
    # ten a second are allowed per address, which others may share
    requests_per_minute=480,
    burst=5,
    concurrency=4,
    has_assets=True,
    credentials=(
        Credential("api_key", "COINBASE_API_KEY", is_required=False),
        Credential("api_secret", "COINBASE_API_SECRET", is_required=False),
    ),
    endpoints=("base_url", "ca_file"),
    package="coinbase-advanced-py",
)

PROVIDER: Final = ApiProvider(TERMS, connect)
