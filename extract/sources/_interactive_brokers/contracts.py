"""How IB names what is traded: our listings to its contracts, and its details to our listings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from extract.api.feed import Fault, FaultError, Listing

#: IB's names of exchanges to MICs. An index is not traded; its exchange is one whose sessions it
#: follows.
_EXCHANGES: Final = {
    "NASDAQ": "XNAS",
    "ISLAND": "XNAS",
    "NYSE": "XNYS",
    "CBOE": "XNYS",
    "ARCA": "ARCX",
    "AMEX": "XASE",
    "BATS": "BATS",
    "PINK": "OTCM",
    "LSE": "XLON",
    "LSEETF": "XLON",
    "SEHK": "XHKG",
    "TSE": "XTSE",
    "VENTURE": "XTSX",
    "IBIS": "XETR",
    "IBIS2": "XETR",
    "FWB": "XFRA",
    "SBF": "XPAR",
    "AEB": "XAMS",
    "EBS": "XSWX",
    "BVME": "MTAA",
    "TSEJ": "XTKS",
    "ASX": "XASX",
    "SGX": "XSES",
}
#: ISO 10383 for no exchange in particular.
_NO_EXCHANGE: Final = "XXXX"
_FUNDS: Final = ("ETF", "ETN", "ETC", "ETP", "ETMF")
#: A symbol alone means the listing in dollars: half the world's exchanges list Apple.
_CURRENCY: Final = "USD"


def spell(symbol: str, asset_class: str) -> str:
    """Return IB's spelling: ``BRK B`` for ``BRK.B``, ``EUR.USD`` for ``EUR/USD``."""
    return symbol.replace("/", ".", 1) if asset_class == "fx" else symbol.replace(".", " ")


def unspell(provider_symbol: str, asset_class: str) -> str:
    """Return our spelling: ``BRK.B`` for ``BRK B``, ``EUR/USD`` for ``EUR.USD``."""
    if asset_class == "fx":
        return provider_symbol.replace(".", "/", 1)
    return provider_symbol.replace(" ", ".")


def wanted_contract(provider_symbol: str, asset_class: str, currency: str | None) -> Any:
    """Return the SDK's contract as far as we know it; TWS completes it.

    Args:
        provider_symbol: IB's spelling.
        asset_class: E.g. ``equity``.
        currency: Of a listing; ``None`` for dollars.

    Raises:
        FaultError: No contract can be meant.
    """
    from ib_insync import Contract

    if asset_class == "fx":
        base, point, quote = provider_symbol.partition(".")
        if not (base and point and quote):
            raise FaultError(Fault("failed", f"'{provider_symbol}' is no pair such as EUR.USD"))
        return Contract(secType="CASH", symbol=base, currency=quote, exchange="IDEALPRO")
    currency = currency or _CURRENCY
    if asset_class == "index":
        return Contract(secType="IND", symbol=provider_symbol, currency=currency)
    return Contract(secType="STK", symbol=provider_symbol, currency=currency, exchange="SMART")


def only_one(details: Sequence[Any], exchange: str | None) -> Any:
    """Return the details of the one contract that is meant.

    Args:
        details: All that fit.
        exchange: MIC of the listing, which decides between several.

    Raises:
        FaultError: There are several, or none although there was no error.
    """
    # The same contract comes once per place where it trades.
    found = {detail.contract.conId: detail for detail in details}
    if len(found) > 1:
        there = {number: one for number, one in found.items() if _exchange(one) == exchange}
        found = there or found
    if not found:
        raise FaultError(Fault("retry", "an answer without a contract"))
    if len(found) > 1:
        places = ", ".join(sorted(_place(detail) for detail in found.values()))
        raise FaultError(Fault("failed", f"the symbol is listed at {places}; which one is meant?"))
    return next(iter(found.values()))


def listing_of(detail: Any, provider_symbol: str, asset_class: str) -> Listing:
    """Return the listing that TWS's details describe.

    Args:
        detail: Of one contract.
        provider_symbol: As it was asked for.
        asset_class: As it was asked for; a fund among equities is told apart.
    """
    if asset_class in ("equity", "etf"):
        asset_class = "etf" if detail.stockType in _FUNDS else "equity"
    return Listing(
        symbol=unspell(provider_symbol, asset_class),
        provider_symbol=provider_symbol,
        asset_class=asset_class,
        exchange="FX" if asset_class == "fx" else _exchange(detail),
        currency=detail.contract.currency,
        name=detail.longName or None,
    )


def _place(detail: Any) -> str:
    return str(detail.contract.primaryExchange or detail.contract.exchange)


def _exchange(detail: Any) -> str:
    return _EXCHANGES.get(_place(detail), _NO_EXCHANGE)
