"""How Coinbase spells what it lists; nothing in here needs the SDK."""

from __future__ import annotations


def spell(symbol: str, _asset_class: str) -> str:
    """Return Coinbase's product id, e.g. ``BTC-USD`` for ``BTC/USD``."""
    return symbol.replace("/", "-", 1)


def unspell(product_id: str, _asset_class: str) -> str:
    """Return our symbol, e.g. ``BTC/USD`` for ``BTC-USD``."""
    return product_id.replace("-", "/", 1)
