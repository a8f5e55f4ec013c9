"""What IB is asked for a window, and what its answers hold."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Final, Generic, TypeVar

from extract.api.feed import Actions, Ask, BarColumns, Fault, FaultError, Listing, Window
from extract.sources._interactive_brokers.contracts import (
    listing_of,
    only_one,
    wanted_contract,
)
from extract.sources._interactive_brokers.faults import UNKNOWN_CONTRACT, fault_of
from extract.sources._interactive_brokers.gateway import Gateway, History

T = TypeVar("T")

_SIZES: Final[Mapping[str, str]] = {
    "1m": "1 min",
    "5m": "5 mins",
    "15m": "15 mins",
    "30m": "30 mins",
    "1h": "1 hour",
    "1d": "1 day",
}
_DAY: Final = timedelta(days=1)
#: Above that, whole years are asked for; more than 365 days are refused.
_MOST_DAYS: Final = 60


class IbFeed:
    """Bars from one TWS or IB Gateway."""

    def __init__(self, gateway: Gateway, *, extended_hours: bool) -> None:
        """Keep the gateway.

        Args:
            gateway: It is closed with the feed.
            extended_hours: Whether bars of a day's parts span more than regular trading hours.
        """
        self._gateway = gateway
        self._extended_hours = extended_hours
        self._contracts: _Memory[Any] = _Memory()
        self._heads: _Memory[datetime | None] = _Memory()
        self._has_gaps: set[Hashable] = set()

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield the bars of a window, the newest page first.

        A page is the last of its window when it reaches back to the window's start, which it mostly
        does, or when there is nothing before it: no reading of IB's durations, and no cut answer,
        can leave a hole.
        """
        history = self._history(window, ask)
        if self._ends_before_history(window, history, ask):
            return
        size = _SIZES[str(window.timeframe)]
        end_at = window.end_at
        while True:
            duration = _duration(end_at - window.start_at)
            found = ask(partial(self._gateway.bars, history, end_at, duration, size))
            if not found:
                self._has_gaps.add(_key(window.listing))
                return
            bars = [bar for bar in found if not _is_beside(bar, window, end_at)]
            if bars:
                yield _columns(bars, window)
            earliest = min(map(_start_of, found))
            if earliest <= window.start_at:
                return
            if earliest >= end_at:
                reason = f"its answer does not reach back from {end_at:%Y-%m-%dT%H:%M}Z"
                raise FaultError(Fault("failed", reason))
            end_at = earliest

    def actions(self, window: Window, ask: Ask) -> Actions:  # noqa: ARG002 - it has none
        """Refuse: IB's API has no splits and dividends."""
        raise FaultError(Fault("failed", "Interactive Brokers reports no corporate actions"))

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:  # noqa: ARG002
        """Refuse: IB's API has no symbol list."""
        raise FaultError(Fault("failed", "Interactive Brokers has no symbol list"))

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:
        """Look one symbol up, among listings in dollars; ``None`` when IB knows none."""
        from ib_insync.wrapper import RequestError

        wanted = wanted_contract(provider_symbol, asset_class, None)

        def call() -> list[Any] | None:
            try:
                return self._gateway.details(wanted)
            except RequestError as error:
                if error.code == UNKNOWN_CONTRACT:
                    return None
                raise

        details = ask(call)
        if details is None:
            return None
        return listing_of(only_one(details, None), provider_symbol, asset_class)

    def fault(self, error: Exception) -> Fault:
        """Say what an exception means."""
        return fault_of(error, self._gateway.address.where)

    def close(self) -> None:
        """Hang up."""
        self._gateway.close()

    def _history(self, window: Window, ask: Ask) -> History:
        listing = window.listing
        contract = self._contracts.get(_key(listing), lambda: self._contract(listing, ask))
        if isinstance(contract, Fault):
            raise FaultError(contract)
        is_stock = listing.asset_class in ("equity", "etf")
        has_more = self._extended_hours and is_stock and window.timeframe != "1d"
        is_fx = listing.asset_class == "fx"
        return History(
            contract=contract,
            shows="MIDPOINT" if is_fx else "TRADES",
            is_regular=not (is_fx or has_more),
        )

    def _contract(self, listing: Listing, ask: Ask) -> Any:
        # A symbol that IB does not know is not looked up again for each of its windows.
        try:
            wanted = wanted_contract(listing.provider_symbol, listing.asset_class, listing.currency)
            details = ask(partial(self._gateway.details, wanted))
            return only_one(details, listing.exchange).contract
        except FaultError as error:
            if error.fault.kind != "failed":
                raise
            return error.fault

    def _ends_before_history(self, window: Window, history: History, ask: Ask) -> bool:
        # Only once a window was empty: most never ask for what there is not.
        key = _key(window.listing)
        if key not in self._has_gaps:
            return False
        head = self._heads.get(key, lambda: self._head(history, ask))
        return head is not None and window.end_at <= head

    def _head(self, history: History, ask: Ask) -> datetime | None:
        try:
            head = ask(partial(self._gateway.head, history))
        except FaultError as error:
            if error.fault.kind != "failed":
                raise
            return None  # not known for each contract; then each window is asked for
        return head if isinstance(head, datetime) and head.tzinfo else None


class _Memory(Generic[T]):
    """What is asked for once per key, by the thread that needs it first; others wait for it.

    A failure is for all who wait; who comes later tries again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: dict[Hashable, Future[T]] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            known = self._values.get(key)
            value = known or self._values.setdefault(key, Future())
        if known is None:
            try:
                value.set_result(make())
            except BaseException as error:
                with self._lock:
                    del self._values[key]
                value.set_exception(error)
                raise
        return value.result()


def _key(listing: Listing) -> Hashable:
    return listing.provider_symbol, listing.asset_class, listing.exchange, listing.currency


def _duration(length: timedelta) -> str:
    # A day more than needed, so that the answer shows that it reaches back far enough.
    days = -(-length // _DAY) + 1
    return f"{days} D" if days <= _MOST_DAYS else f"{-(-days // 365)} Y"


def _start_of(bar: Any) -> datetime:
    start = bar.date
    if not isinstance(start, datetime):
        return datetime.combine(start, time(), UTC)
    return start if start.tzinfo else start.replace(tzinfo=UTC)


def _is_beside(bar: Any, window: Window, end_at: datetime) -> bool:
    # A session of currencies or of Asia may be under way at midnight UTC: that one bar is the next
    # window's, and a part of a day where this one ends.
    start = _start_of(bar)
    return start < window.start_at or (window.timeframe == "1d" and start == end_at)


def _columns(bars: Sequence[Any], window: Window) -> BarColumns:
    has_trades = window.listing.asset_class != "fx"
    volume = [_or_none(bar.volume) for bar in bars] if has_trades else None
    return BarColumns(
        times=[bar.date for bar in bars],
        time_form="date" if window.timeframe == "1d" else "instant",
        open=[bar.open for bar in bars],
        high=[bar.high for bar in bars],
        low=[bar.low for bar in bars],
        close=[bar.close for bar in bars],
        volume=None if volume is None or all(v is None for v in volume) else volume,
        vwap=[_or_none(bar.average) for bar in bars] if has_trades else None,
        trade_count=[_or_none(bar.barCount) for bar in bars] if has_trades else None,
    )


def _or_none(value: float) -> float | None:
    # -1 stands for a value that there is not.
    return None if value == -1 else value
