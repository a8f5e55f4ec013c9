"""What Polygon is asked, page by page, and what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote

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
from extract.api.windows import ceiling
from extract.landing import TIMEFRAMES
from extract.sources._polygon.answers import Page, fault_of, page_of
from extract.sources._polygon.names import MARKETS, listing_of

#: Asks the SDK for the first page, or for the one that an answer called its next.
PageRequest = Callable[[SplitResult | None], Any]

_SPANS: Final[Mapping[str, tuple[int, str]]] = {
    "1m": (1, "minute"),
    "5m": (5, "minute"),
    "15m": (15, "minute"),
    "30m": (30, "minute"),
    "1h": (1, "hour"),
    "1d": (1, "day"),
}
_MOST_AGGREGATES: Final = 50_000
_MOST_RECORDS: Final = 1_000


class PolygonFeed:
    """Aggregates, corporate actions and tickers of one Polygon."""

    def __init__(self, rest: Any) -> None:
        """Keep the client.

        Args:
            rest: The SDK's, as :func:`extract.sources._polygon.client.open_client` sets it up.
        """
        self._rest = rest
        self._is_known: dict[str, bool] = {}
        self._looking_up: dict[str, Lock] = {}

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield the aggregates of a window, oldest first."""
        listing = window.listing
        if window.timeframe == "1d" and listing.asset_class == "fx":
            raise FaultError(
                Fault(
                    "failed",
                    "its daily bars of currencies are UTC days, which are no sessions; ask for 1m, "
                    "of which days are made",
                )
            )
        first, last = _range(window)
        if first > last:
            return
        is_raw = listing.asset_class in ("equity", "etf")
        is_empty = True
        for page in self._pages(ask, self._aggregates(window, first, last, is_raw)):
            if is_raw and page.is_adjusted:
                raise FaultError(
                    Fault("failed", "it restated prices that were asked for as traded")
                )
            if page.rows:
                is_empty = False
                yield _columns(page.rows)
        self._confirm(listing.provider_symbol, is_empty, ask)

    def actions(self, window: Window, ask: Ask) -> Actions:
        """Return the splits and the cash dividends of all kinds with an ex-date in a window."""
        symbol = window.listing.provider_symbol
        first, last = (day.isoformat() for day in dates_of(window))
        splits = self._records(
            ask,
            self._rest.list_splits,
            ticker=symbol,
            execution_date_gte=first,
            execution_date_lte=last,
        )
        dividends = self._records(
            ask,
            self._rest.list_dividends,
            ticker=symbol,
            ex_dividend_date_gte=first,
            ex_dividend_date_lte=last,
        )
        actions = Actions(
            [_split(row) for rows in splits for row in _of(symbol, rows)],
            [_dividend(row) for rows in dividends for row in _of(symbol, rows)],
        )
        self._confirm(symbol, not (actions.splits or actions.dividends), ask)
        return actions

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:
        """Yield the tickers that trade, page by page."""
        pages = self._records(
            ask, self._rest.list_tickers, market=MARKETS[asset_class], active=True
        )
        for rows in pages:
            listings = [listing for row in rows if (listing := listing_of(row))]
            yield [listing for listing in listings if listing.asset_class == asset_class]

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:  # noqa: ARG002 - a ticker says it
        """Look one ticker up, also one that trades no more."""
        row = self._look_up(provider_symbol, ask)
        if row is None:
            return None
        listing = listing_of(row)
        if listing is None:
            raise FaultError(
                Fault("failed", f"{provider_symbol} is an index, trades OTC or has no exchange")
            )
        return listing

    def fault(self, error: Exception) -> Fault:
        """Say what an exception means."""
        return fault_of(error)

    def close(self) -> None:
        """Give connections back."""
        self._rest.client.clear()

    def _aggregates(self, window: Window, first: Any, last: Any, is_raw: bool) -> PageRequest:
        multiplier, timespan = _SPANS[str(window.timeframe)]

        def request(following: SplitResult | None) -> Any:
            start, end, cursor = first, last, None
            if following is not None:
                *_, start, end = following.path.split("/")
                cursor = _query(following)
            return self._rest.list_aggs(
                quote(window.listing.provider_symbol, safe=":"),
                multiplier,
                timespan,
                start,
                end,
                # On every page: the cursor of one does not hold it, and what it does not say is
                # adjusted.
                adjusted=False if is_raw else None,
                sort="asc",
                limit=_MOST_AGGREGATES,
                params=cursor,
                raw=True,
            )

        return request

    def _records(
        self, ask: Ask, list_them: Callable[..., Any], **filters: Any
    ) -> Iterator[list[dict[str, Any]]]:
        def request(following: SplitResult | None) -> Any:
            if following is None:
                return list_them(**filters, limit=_MOST_RECORDS, raw=True)
            # Here the cursor holds everything, as long as the SDK adds no defaults of its own.
            cursor = _query(following)
            return list_them(params=cursor, limit=None, sort=None, order=None, raw=True)

        for page in self._pages(ask, request):
            yield page.rows

    def _pages(self, ask: Ask, request: PageRequest) -> Iterator[Page]:
        def read(following: SplitResult | None) -> Page:
            return page_of(request(following).data, self._rest.API_KEY)

        seen: set[SplitResult] = set()
        following = None
        while True:
            # Read inside the request, so that a page that is not whole is asked for again.
            page = ask(partial(read, following))
            yield page
            following = page.following
            if following is None:
                return
            if following in seen:
                raise FaultError(Fault("failed", "its pages lead in a circle"))
            seen.add(following)

    def _confirm(self, symbol: str, is_empty: bool, ask: Ask) -> None:
        # A ticker that does not exist looks like one that did not trade.
        if not is_empty:
            self._is_known[symbol] = True
            return
        with self._looking_up.setdefault(symbol, Lock()):
            if symbol not in self._is_known:
                self._look_up(symbol, ask)
        if not self._is_known[symbol]:
            raise FaultError(Fault("failed", f"it knows no ticker {symbol}"))

    def _look_up(self, symbol: str, ask: Ask) -> dict[str, Any] | None:
        # Pairs that trade no more are not listed at all.
        for is_active in (True,) if ":" in symbol else (True, False):
            pages = self._records(ask, self._rest.list_tickers, ticker=symbol, active=is_active)
            rows = [row for rows in pages for row in _of(symbol, rows)]
            if rows:
                self._is_known[symbol] = True
                # A ticker may have been used several times over.
                return max(rows, key=lambda row: str(row.get("delisted_utc") or ""))
        self._is_known.setdefault(symbol, False)
        return None


def _range(window: Window) -> tuple[Any, Any]:
    # Both ends are inclusive, and the bar that holds the first instant would come along.
    if window.timeframe == "1d":
        return dates_of(window)
    first = ceiling(window.start_at, TIMEFRAMES[str(window.timeframe)])
    return _milliseconds(first), _milliseconds(window.end_at) - 1


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000


def _query(following: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(following.query))


def _of(symbol: str, rows: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return (row for row in rows if row.get("ticker", symbol) == symbol)


def _columns(rows: Sequence[Mapping[str, Any]]) -> BarColumns:
    return BarColumns(
        times=[row.get("t") for row in rows],
        time_form="epoch_milliseconds",
        open=[row.get("o") for row in rows],
        high=[row.get("h") for row in rows],
        low=[row.get("l") for row in rows],
        close=[row.get("c") for row in rows],
        volume=[row.get("v") for row in rows],
        vwap=[row.get("vw") for row in rows],
        trade_count=[row.get("n") for row in rows],
    )


def _split(row: Mapping[str, Any]) -> Split:
    new, old = row.get("split_to"), row.get("split_from")
    ratio: Decimal | str = f"{new}:{old}"
    if isinstance(new, int | float) and isinstance(old, int | float) and old:
        ratio = Decimal(str(new)) / Decimal(str(old))
    return Split(row.get("execution_date"), ratio, row.get("id"))


def _dividend(row: Mapping[str, Any]) -> Dividend:
    return Dividend(
        row.get("ex_dividend_date"),
        row.get("cash_amount"),
        currency=row.get("currency"),
        event_id=row.get("id"),
    )
