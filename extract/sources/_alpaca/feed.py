"""The feed: which requests make up an answer, and what is done when one is refused or empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from extract.api.feed import (
    Actions,
    Ask,
    BarColumns,
    Dividend,
    Fault,
    FaultError,
    Listing,
    Split,
    Window,
    dates_of,
)
from extract.sources._alpaca.answers import (
    ACTION_GROUPS,
    actions_of,
    bars_of,
    broken,
    check_days,
    columns_of,
    listing_of,
    page_of,
)

if TYPE_CHECKING:
    from extract.sources._alpaca.client import Client

T = TypeVar("T")

TIMEFRAMES: Final = {
    "1m": "1Min",
    "5m": "5Min",
    "15m": "15Min",
    "30m": "30Min",
    "1h": "1Hour",
    "1d": "1Day",
}
_CLASSES: Final = {"equity": "us_equity", "etf": "us_equity", "crypto": "crypto"}
#: A dividend is processed when it is paid, as a rule within four months of its ex-date; one with
#: due bills is paid before.
_PROCESSED_BEFORE: Final = timedelta(days=30)
_PROCESSED_AFTER: Final = timedelta(days=180)


class AlpacaFeed:
    """Alpaca, connected; see :class:`extract.api.feed.Feed`."""

    def __init__(
        self,
        *,
        stocks: Client,
        crypto: Client,
        corporate: Client,
        trading: Client,
        feed: str,
        secrets: Sequence[str],
    ) -> None:
        """Ask nothing yet.

        Args:
            stocks: Version v2 of the data host.
            crypto: Its version v1beta3.
            corporate: Its version v1.
            trading: Version v2 of the trading host.
            feed: Of stocks, e.g. ``sip``.
            secrets: What no message may show.
        """
        self._stocks = stocks
        self._crypto = crypto
        self._corporate = corporate
        self._trading = trading
        self._feed = feed
        self._secrets = secrets
        self._known: set[str] = set()
        self._open_from: datetime | None = None

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield the bars of a window, page by page.

        Args:
            window: Dataset ``bars``.
            ask: Makes the requests.

        Raises:
            FaultError: A page could not be had, the symbol is unknown, or a day of a crypto pair
                is none.
        """
        listing = window.listing
        is_known = False
        for columns in self._bar_pages(window, ask):
            if columns is not None:
                is_known = True
                if listing.asset_class == "crypto" and window.timeframe == "1d":
                    check_days(columns.times, listing.provider_symbol)
                yield columns
        if is_known:
            self._known.add(listing.provider_symbol)
        else:
            self._check_known(listing, ask)

    def actions(self, window: Window, ask: Ask) -> Actions:
        """Return the splits and cash dividends with an ex-date in a window.

        Args:
            window: Dataset ``actions``.
            ask: Makes the requests.

        Raises:
            FaultError: A page could not be had, or the symbol is unknown.
        """
        symbol = window.listing.provider_symbol
        first, last = dates_of(window)
        params = {
            "symbols": symbol,
            "types": ",".join(ACTION_GROUPS),
            "start": (first - _PROCESSED_BEFORE).isoformat(),
            "end": (last + _PROCESSED_AFTER).isoformat(),
            "limit": 1000,
            "sort": "asc",
        }

        def read(answer: Any) -> tuple[tuple[list[Split], list[Dividend]], str | None]:
            content, token = page_of(answer, "corporate_actions")
            return actions_of(content, symbol, first, last), token

        splits: list[Split] = []
        dividends: list[Dividend] = []
        for page in self._corporate.pages("/corporate-actions", params, read, ask):
            splits += page[0]
            dividends += page[1]
        if splits or dividends:
            self._known.add(symbol)
        else:
            self._check_known(window.listing, ask)
        # An action on two pages is one action.
        return Actions(list(dict.fromkeys(splits)), list(dict.fromkeys(dividends)))

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:
        """Yield what is listed now, then what no longer is and has left its symbol to nobody else.

        Args:
            asset_class: ``equity``, which has the funds too; ``crypto``; ``etf`` yields nothing.
            ask: Makes the requests.

        Raises:
            FaultError: The list could not be had.
        """
        if asset_class == "etf":
            return
        seen: set[str] = set()
        for status in ("active", "inactive"):
            params = {"status": status, "asset_class": _CLASSES[asset_class]}
            listings = self._ask_trading(ask, partial(self._list, params, asset_class, ask))
            fresh = {x.symbol: x for x in listings if x.symbol not in seen}
            seen |= fresh.keys()
            yield list(fresh.values())

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:
        """Look one symbol up; ``None`` when Alpaca does not list it in that class.

        Args:
            provider_symbol: E.g. ``BRK.B`` or ``BTC/USD``.
            asset_class: ``equity``, ``etf`` or ``crypto``.
            ask: Makes the request.

        Raises:
            FaultError: The answer could not be had.
        """
        path = f"/assets/{quote(provider_symbol, safe='')}"

        def look() -> Listing | None:
            asset = self._trading.find_asset(path, ask)
            if asset is None:
                return None
            listing = listing_of(asset, asset_class)
            # Alpaca finds assets by other names too, by which their bars are not to be had.
            is_it = listing.symbol == provider_symbol
            return listing if is_it and asset.get("class") == _CLASSES[asset_class] else None

        return self._ask_trading(ask, look)

    def fault(self, error: Exception) -> Fault:
        """Say what an exception of the SDK means.

        Args:
            error: What it raised.
        """
        from extract.sources._alpaca.faults import fault_of

        fault = fault_of(error)
        reason = fault.reason
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return replace(fault, reason=reason)

    def close(self) -> None:
        """Give the connections back."""
        for client in (self._stocks, self._crypto, self._corporate, self._trading):
            client.close()

    def _bar_pages(self, window: Window, ask: Ask) -> Iterator[BarColumns | None]:
        symbol = window.listing.provider_symbol

        def read(answer: Any) -> tuple[BarColumns | None, str | None]:
            content, token = page_of(answer, "bars", optional=["currency"])
            bars = bars_of(content, symbol)
            return columns_of(bars) if bars else None, token

        params: dict[str, Any] = {
            "symbols": symbol,
            "timeframe": TIMEFRAMES[str(window.timeframe)],
            "start": _text(window.start_at),
            "end": _text(window.end_at - timedelta(seconds=1)),
            "limit": 10_000,
            "sort": "asc",
        }
        if window.listing.asset_class == "crypto":
            yield from self._crypto.pages("/crypto/us/bars", params, read, ask)
            return
        params |= {"adjustment": "raw", "feed": self._feed, "asof": "-"}
        with_end, without_end = params, {k: v for k, v in params.items() if k != "end"}
        if window.timeframe != "1d":
            yield from self._stocks.pages("/stocks/bars", with_end, read, ask)
            return
        # Days up to today: the plan may know them only up to some minutes ago, which is what no
        # end means. Once refused, an end as late is not tried again.
        if self._open_from is None or window.end_at < self._open_from:
            try:
                yield from self._stocks.pages("/stocks/bars", with_end, read, ask)
            except FaultError as error:
                if not _is_too_recent(error.fault):
                    raise
                self._open_from = window.end_at
            else:
                return
        yield from self._stocks.pages("/stocks/bars", without_end, read, ask)

    def _check_known(self, listing: Listing, ask: Ask) -> None:
        symbol = listing.provider_symbol
        if symbol in self._known:
            return
        if self.describe(symbol, listing.asset_class, ask) is None:
            raise FaultError(Fault("failed", f"Alpaca does not list {symbol}"))
        self._known.add(symbol)

    def _list(self, params: Mapping[str, str], asset_class: str, ask: Ask) -> list[Listing]:
        answer = self._trading.fetch("/assets", params, ask)
        if not isinstance(answer, list):
            raise broken(f"is of type {type(answer).__name__}; expected a list of assets")
        if not answer and params["status"] == "active":
            raise broken("is a list without a single asset")
        return [listing_of(asset, asset_class) for asset in answer]

    def _ask_trading(self, ask: Ask, call: Callable[[], T]) -> T:
        try:
            return ask(call)
        except FaultError as error:
            if error.fault.kind not in ("refused", "not_permitted"):
                raise
            # The key may be good for data all the same.
            reason = (
                f"the trading host, which has the list of symbols, says {error.fault.reason}; set "
                "trading_base_url to the host of the key's account"
            )
            raise FaultError(Fault("not_permitted", reason)) from error


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_too_recent(fault: Fault) -> bool:
    return fault.kind == "not_permitted" and "recent" in fault.reason
