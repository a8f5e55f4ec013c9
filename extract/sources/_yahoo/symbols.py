"""How Yahoo spells symbols, and what it says about one of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from extract.api.feed import Fault, FaultError, Listing

_CLASSES: Final = {
    "EQUITY": "equity",
    "ETF": "etf",
    "INDEX": "index",
    "CRYPTOCURRENCY": "crypto",
    "CURRENCY": "fx",
}
#: Yahoo's exchange codes. An index is not traded; its exchange is one whose sessions it follows.
_EXCHANGES: Final = {
    "NMS": "XNAS",
    "NGM": "XNAS",
    "NCM": "XNAS",
    "NIM": "XNAS",
    "NAS": "XNAS",
    "NYQ": "XNYS",
    "NYS": "XNYS",
    "SNP": "XNYS",
    "DJI": "XNYS",
    "CXI": "XNYS",
    "WCB": "XNYS",
    "PCX": "ARCX",
    "ASE": "XASE",
    "BTS": "BATS",
    "CCC": "CRYPTO",
    "CCY": "FX",
    "LSE": "XLON",
    "FGI": "XLON",
    "HKG": "XHKG",
    "TOR": "XTSE",
    "VAN": "XTSX",
    "GER": "XETR",
    "FRA": "XFRA",
    "PAR": "XPAR",
    "AMS": "XAMS",
    "BRU": "XBRU",
    "LIS": "XLIS",
    "MIL": "MTAA",
    "MCE": "BMEX",
    "EBS": "XSWX",
    "STO": "XSTO",
    "CPH": "XCSE",
    "HEL": "XHEL",
    "OSL": "XOSL",
    "VIE": "XWBO",
    "ISE": "XDUB",
    "JPX": "XTKS",
    "OSA": "XTKS",
    "ASX": "XASX",
    "NZE": "XNZE",
    "KSC": "XKRX",
    "TAI": "XTAI",
    "SHH": "XSHG",
    "SHZ": "XSHE",
    "NSI": "XNSE",
    "BSE": "XBOM",
    "SES": "XSES",
    "SAO": "BVMF",
    "MEX": "XMEX",
    "JNB": "XJSE",
}
#: Hundredths of a currency, by the code that others use for them.
_MINOR_CURRENCIES: Final = {"GBp": "GBX", "ZAc": "ZAC"}
#: A letter after the point is a class of shares, but these stand for an exchange.
_SHARE_CLASS: Final = re.compile(r"([A-Z0-9]+)\.([A-EG-KM-SUW-Z])")
_YAHOO_SHARE_CLASS: Final = re.compile(r"([A-Z0-9]+)-([A-EG-KM-SUW-Z])")


def spell(symbol: str, asset_class: str) -> str:
    """Return Yahoo's spelling of a symbol: ``BRK-B``, ``BTC-USD``, ``EURUSD=X``.

    Args:
        symbol: Ours, e.g. ``BRK.B``, ``BTC/USD``, ``EUR/USD``; others stay as they are.
        asset_class: E.g. ``equity``.
    """
    if asset_class == "crypto":
        return symbol.replace("/", "-")
    if asset_class == "fx" and "/" in symbol:
        return symbol.replace("/", "") + "=X"
    if asset_class in ("equity", "etf") and (parts := _SHARE_CLASS.fullmatch(symbol)):
        return "-".join(parts.groups())
    return symbol


def unspell(provider_symbol: str, asset_class: str) -> str:
    """Return our spelling of a Yahoo symbol: ``BRK.B``, ``BTC/USD``, ``EUR/USD``.

    Args:
        provider_symbol: Yahoo's; a short ``JPY=X`` is in dollars: ``USD/JPY``.
        asset_class: E.g. ``equity``.
    """
    if asset_class == "crypto" and "-" in provider_symbol:
        return "/".join(provider_symbol.rsplit("-", 1))
    if asset_class == "fx" and provider_symbol.endswith("=X"):
        pair = provider_symbol.removesuffix("=X")
        pair = f"USD{pair}" if len(pair) == 3 else pair
        return f"{pair[:3]}/{pair[3:]}" if len(pair) == 6 else provider_symbol
    if asset_class in ("equity", "etf"):
        parts = _YAHOO_SHARE_CLASS.fullmatch(provider_symbol)
        return ".".join(parts.groups()) if parts else provider_symbol
    return provider_symbol


def listing_of(provider_symbol: str, meta: Mapping[str, Any]) -> Listing:
    """Return what Yahoo says about a symbol.

    Args:
        provider_symbol: As it was asked for.
        meta: The ``meta`` of its chart.

    Raises:
        FaultError: It is of a kind, or on an exchange, that we have no word for.
    """
    kind, exchange = meta.get("instrumentType"), meta.get("exchangeName")
    currency = currency_of(meta)
    if kind not in _CLASSES or exchange not in _EXCHANGES or not currency:
        reason = f"Yahoo has {provider_symbol} as {kind} on {exchange} in {currency}"
        raise FaultError(Fault("failed", f"{reason}; we have no words for all of these"))
    asset_class = _CLASSES[kind]
    return Listing(
        symbol=unspell(provider_symbol, asset_class),
        provider_symbol=provider_symbol,
        asset_class=asset_class,
        exchange=_EXCHANGES[exchange],
        currency=currency,
        name=meta.get("longName") or meta.get("shortName"),
    )


def currency_of(meta: Mapping[str, Any]) -> str | None:
    """Return what prices are in, e.g. ``USD``, or ``GBX`` for pence; ``None`` if Yahoo is silent.

    Args:
        meta: The ``meta`` of a chart.
    """
    currency = meta.get("currency")
    return _MINOR_CURRENCIES.get(currency, currency) if currency else None
