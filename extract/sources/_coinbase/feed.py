"""What Coinbase is asked, request by request, and what its answers say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import quote

from requests import HTTPError

from extract.api.feed import Actions, Ask, BarColumns, Fault, FaultError, Listing, Window
from extract.api.windows import ceiling
from extract.sources._coinbase.client import Client
from extract.sources._coinbase.faults import fault_of, says_unknown
from extract.sources._coinbase.names import unspell

T = TypeVar("T")

_GRANULARITIES: Final[Mapping[str, tuple[str, timedelta]]] = {
    "1m": ("ONE_MINUTE", timedelta(minutes=1)),
    "5m": ("FIVE_MINUTE", timedelta(minutes=5)),
    "15m": ("FIFTEEN_MINUTE", timedelta(minutes=15)),
    "30m": ("THIRTY_MINUTE", timedelta(minutes=30)),
    "1h": ("ONE_HOUR", timedelta(hours=1)),
    "1d": ("ONE_DAY", timedelta(days=1)),
}
#: Buckets of one request: a fifth of a window, and with the one at the inclusive end still below
#: 350, from where on Coinbase refuses.
_BUCKETS: Final = 288
_PAGE: Final = 250


class CoinbaseFeed:
    """Candles and spot products of one Coinbase."""

    def __init__(self, client: Client) -> None:
        """Keep the client.

        Args:
            client: Connected; it is closed with the feed.
        """
        self._client = client

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield the candles of a window, newest first within each page."""
        granularity, step = _GRANULARITIES[str(window.timeframe)]
        rest = self._client.rest
        candles_of = rest.get_candles if self._client.has_key else rest.get_public_candles
        # Buckets lie on the multiples of their length; a window of hours may begin at half past.
        start_at, last_end_at = ceiling(window.start_at, step), ceiling(window.end_at, step)
        while start_at < last_end_at:
            end_at = min(start_at + _BUCKETS * step, last_end_at)
            call = partial(
                candles_of,
                _in_path(window.listing.provider_symbol),
                start=_epoch(start_at),
                end=_epoch(end_at),
                granularity=granularity,
            )
            candles = self._ask(ask, call, partial(_list_of, "candles"))
            columns = _columns([c for c in candles if str(c["start"]) != _epoch(end_at)])
            if columns.times:
                yield columns
            start_at = end_at

    def actions(self, window: Window, ask: Ask) -> Actions:  # noqa: ARG002 - it has none
        """Refuse: there are no corporate actions of crypto."""
        raise FaultError(Fault("failed", "Coinbase reports no corporate actions"))

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:  # noqa: ARG002 - crypto
        """Yield the spot products, page by page."""
        seen: set[str] = set()
        offset = 0
        while True:
            call = partial(
                self._client.rest.get_public_products,
                product_type="SPOT",
                limit=_PAGE,
                offset=offset,
            )
            listings = self._ask(ask, call, _listings)
            fresh = [one for one in listings if one.provider_symbol not in seen]
            if not fresh:
                # The end is an empty page, as a server may give fewer than asked for. One that
                # gives a full page again has more, and no way to get at it.
                if len(listings) == _PAGE:
                    raise FaultError(Fault("failed", f"no further products from {offset} on"))
                return
            seen.update(one.provider_symbol for one in fresh)
            offset += len(listings)
            yield fresh

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:  # noqa: ARG002 - crypto
        """Look one product up; ``None`` when Coinbase says that there is none."""

        def call() -> Any:
            try:
                return self._client.rest.get_public_product(_in_path(provider_symbol))
            except HTTPError as error:
                if says_unknown(error):
                    return None
                raise

        return self._ask(ask, call, lambda product: None if product is None else _listing(product))

    def fault(self, error: Exception) -> Fault:
        """Say what an exception means."""
        return fault_of(error)

    def close(self) -> None:
        """Give connections back."""
        self._client.rest.session.close()

    def _ask(self, ask: Ask, call: Callable[[], Any], read: Callable[[Any], T]) -> T:
        # An answer is read inside the request, so that one without the expected content is asked
        # for again. The SDK itself stumbles over one that has another shape.
        def once() -> T:
            try:
                return read(call())
            except (AttributeError, TypeError) as error:
                raise FaultError(Fault("retry", "an answer of an unexpected shape")) from error

        answer = ask(once)
        rate = self._client.rate.told
        if rate is not None:
            ask.told(remaining=rate.remaining, reset_after=rate.reset_after)
        return answer


def _epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _in_path(product_id: str) -> str:
    return quote(product_id, safe="")


def _list_of(name: str, answer: Any) -> list[Any]:
    items: list[Any] | None = answer[name]
    if items is None:
        raise FaultError(Fault("retry", f"an answer without {name}{_said(answer)}"))
    return items


def _said(answer: Any) -> str:
    text = answer["message"] or answer["error"]
    return f": {text[:200]}" if isinstance(text, str) else ""


def _columns(candles: Sequence[Any]) -> BarColumns:
    return BarColumns(
        times=[candle["start"] for candle in candles],
        time_form="epoch_seconds",
        open=[candle["open"] for candle in candles],
        high=[candle["high"] for candle in candles],
        low=[candle["low"] for candle in candles],
        close=[candle["close"] for candle in candles],
        volume=[candle["volume"] for candle in candles],
        number_form="text",
    )


def _listings(answer: Any) -> list[Listing]:
    return [_listing(product) for product in _list_of("products", answer)]


def _listing(product: Any) -> Listing:
    product_id, currency = product["product_id"], product["quote_currency_id"]
    if not isinstance(product_id, str) or not isinstance(currency, str):
        raise FaultError(Fault("retry", f"a product without its id and currency{_said(product)}"))
    if product["product_type"] not in ("SPOT", None):
        raise FaultError(
            Fault("failed", f"{product_id} is a {product['product_type']} product; expected SPOT")
        )
    names = [product[name] for name in ("base_name", "quote_name") if product[name]]
    status, is_closed = product["status"], product["trading_disabled"] or product["is_disabled"]
    return Listing(
        symbol=unspell(product_id, "crypto"),
        provider_symbol=product_id,
        asset_class="crypto",
        exchange="CRYPTO",
        currency=currency,
        name=" / ".join(names) or None,
        is_active=None if status is None else status == "online" and not is_closed,
    )
