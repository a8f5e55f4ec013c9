"""How Polygon spells what it lists; nothing in here needs the SDK."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from extract.api.feed import Listing

MARKETS: Final = {"equity": "stocks", "etf": "stocks", "crypto": "crypto", "fx": "fx"}

_PREFIXES: Final = {"crypto": "X:", "fx": "C:"}
#: Every other quote currency of Polygon has three letters.
_LONG_QUOTES: Final = ("USDT", "USDC")
#: Its types of exchange traded products: funds, notes, structured securities and vehicles.
_FUND_TYPES: Final = ("ETF", "ETN", "ETS", "ETV")


def spell(symbol: str, asset_class: str) -> str:
    """Return Polygon's ticker, e.g. ``X:BTCUSD`` for ``BTC/USD``; stocks are spelled alike.

    Args:
        symbol: Ours, or the ticker itself.
        asset_class: E.g. ``crypto``.
    """
    prefix = _PREFIXES.get(asset_class)
    if prefix is None or symbol.startswith(prefix):
        return symbol
    return prefix + symbol.replace("/", "", 1)


def unspell(ticker: str, asset_class: str) -> str:
    """Return our symbol, e.g. ``EUR/USD`` for ``C:EURUSD``.

    Args:
        ticker: Polygon's; what is none of the asset class is returned as it is.
        asset_class: E.g. ``fx``.
    """
    prefix = _PREFIXES.get(asset_class)
    if prefix is None or not ticker.startswith(prefix):
        return ticker
    pair = ticker.removeprefix(prefix)
    size = 4 if pair.endswith(_LONG_QUOTES) else 3
    return f"{pair[:-size]}/{pair[-size:]}" if len(pair) > size else pair


def listing_of(row: Mapping[str, Any]) -> Listing | None:
    """Return what a row of the ticker list means.

    Args:
        row: As Polygon writes it.

    Returns:
        The listing, or ``None`` for what is not offered here (indices, OTC) and for a stock without
        a primary exchange or a pair without a currency.
    """
    ticker, market = row.get("ticker"), row.get("market")
    if market == "stocks":
        asset_class = "etf" if row.get("type") in _FUND_TYPES else "equity"
        exchange, currency = row.get("primary_exchange"), row.get("currency_name")
    elif market in _PREFIXES:
        asset_class, exchange = market, market.upper()
        currency = row.get("currency_symbol")
    else:
        return None
    if not (ticker and exchange and currency):
        return None
    return Listing(
        symbol=unspell(ticker, asset_class),
        provider_symbol=ticker,
        asset_class=asset_class,
        exchange=exchange,
        currency=currency.upper(),
        name=row.get("name"),
        is_active=row.get("active"),
    )
