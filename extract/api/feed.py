"""What the module of one API provider offers: a feed, connected with its terms.

A provider's module holds what only that provider knows: how its SDK is called, how its answers are
spelled and which of its errors mean what. Everything else is done for it here: which windows to
ask for, how fast, how often again, what a bar must be to land, and what is written to the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from extract.landing import TIMEFRAMES

T = TypeVar("T")

Dataset = Literal["bars", "actions", "assets"]
#: How a provider writes the start of a bar; ``date`` is the session date of a daily bar.
TimeForm = Literal["epoch_seconds", "epoch_milliseconds", "rfc3339", "instant", "date"]
#: Whether it writes prices as numbers (int, float) or as text (``"67000.50"``).
NumberForm = Literal["number", "text"]
FaultKind = Literal["retry", "rate_limited", "not_permitted", "refused", "failed"]


@dataclass(frozen=True)
class Listing:
    """An instrument as one provider lists it.

    Attributes:
        symbol: Our spelling, e.g. ``BRK.B``, ``BTC/USD``, ``EUR/USD``.
        provider_symbol: The provider's, exactly as sent, e.g. ``BRK-B``, ``X:BTCUSD``.
        asset_class: One of :data:`extract.landing.ASSET_CLASSES`.
        exchange: MIC of the primary exchange, ``CRYPTO`` or ``FX``.
        currency: What prices are in, e.g. ``USD``.
        name: Its name, where the provider says it.
        is_active: Whether it still trades, where the provider says it.
    """

    symbol: str
    provider_symbol: str
    asset_class: str
    exchange: str
    currency: str
    name: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True)
class Window:
    """What to ask for in one go: one listing, one timeframe, [start_at, end_at).

    Attributes:
        dataset: ``bars`` or ``actions``.
        listing: Whose.
        timeframe: E.g. ``1m``; ``None`` for actions.
        start_at: First instant wanted, aware UTC. Of ``1d`` and of actions it is midnight UTC of
            the first session date.
        end_at: End, exclusive, aware UTC; midnight UTC of the day after the last for dates.
    """

    dataset: Dataset
    listing: Listing
    timeframe: str | None
    start_at: datetime
    end_at: datetime

    @property
    def bar_count(self) -> float:
        """How many bars it may hold at most, about; shares trade 16 hours on five days a week."""
        length = TIMEFRAMES.get(self.timeframe or "")
        if length is None:
            return 0.0
        count = (self.end_at - self.start_at) / length
        is_round_the_clock = self.listing.asset_class in ("crypto", "fx")
        return count if is_round_the_clock or self.timeframe == "1d" else count * 16 * 5 / (24 * 7)


@dataclass(frozen=True)
class BarColumns:
    """Bars of one answer, column by column, as the provider wrote them; nothing is converted yet.

    All sequences have the same length and keep the answer's order. Rows that are no bars by the
    provider's own rules (an event without a price, a bucket past an inclusive end) are left out by
    the module; everything else comes along, and what is wrong with it is found and told here.

    Attributes:
        times: Starts of the bars in ``time_form``.
        time_form: How they are written.
        open: Prices in the listing's currency, in ``number_form``; so are high, low and close.
        high: See ``open``.
        low: See ``open``.
        close: See ``open``.
        volume: Volume in the terms' unit, or ``None`` when the provider reports none at all.
        vwap: Volume-weighted prices; single values may be ``None``.
        trade_count: Whole numbers; single values may be ``None``.
        adjusted_close: As the provider adjusts; single values may be ``None``.
        number_form: How prices and volumes are written; another form is refused as a changed type.
        price_basis: Basis of these bars when it is not the one of the terms.
    """

    times: Sequence[Any]
    time_form: TimeForm
    open: Sequence[Any]
    high: Sequence[Any]
    low: Sequence[Any]
    close: Sequence[Any]
    volume: Sequence[Any] | None
    vwap: Sequence[Any] | None = None
    trade_count: Sequence[Any] | None = None
    adjusted_close: Sequence[Any] | None = None
    number_form: NumberForm = "number"
    price_basis: str | None = None


@dataclass(frozen=True)
class Split:
    """A split as reported: ``ratio`` is new shares per old share (2 for 2:1, 0.1 for 1:10)."""

    ex_date: Any
    ratio: Any
    event_id: str | None = None


@dataclass(frozen=True)
class Dividend:
    """A cash dividend as reported, per share.

    Attributes:
        ex_date: A date, or its text as YYYY-MM-DD.
        amount: Number or text of a number, in ``currency``.
        currency: E.g. ``USD``; ``None`` means the listing's.
        amount_basis: ``raw`` as paid, ``split`` restated for splits after the ex-date.
        event_id: The provider's own id of the event.
    """

    ex_date: Any
    amount: Any
    currency: str | None = None
    amount_basis: Literal["raw", "split"] = "raw"
    event_id: str | None = None


@dataclass(frozen=True)
class Actions:
    """The splits and cash dividends of one listing in one window."""

    splits: Sequence[Split] = ()
    dividends: Sequence[Dividend] = ()


@dataclass(frozen=True)
class Fault:
    """What an error of an SDK means.

    Attributes:
        kind: ``retry``: the same request may work in a moment (server error, time-out, broken
            answer). ``rate_limited``: the same, and all requests must slow down. ``not_permitted``:
            the key is good and its plan does not include this. ``refused``: the key itself is not
            accepted, so nothing of this provider will work. ``failed``: this request cannot work
            (unknown symbol, invalid range), others may.
        reason: One clause for the user, without secrets, e.g. ``HTTP 500 Internal Server Error``.
        retry_after: Seconds the provider wants us to wait, where it says so.
    """

    kind: FaultKind
    reason: str
    retry_after: float | None = None


class FaultError(RuntimeError):
    """Raised by a feed, or by :class:`Ask` when it gives up, to say what became of a window."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault; its reason is the message."""
        super().__init__(fault.reason)
        self.fault = fault


@contextmanager
def as_faults(feed: Feed) -> Iterator[None]:
    """Turn what an SDK raises into a :class:`FaultError`.

    Args:
        feed: Says what an exception means.
    """
    try:
        yield
    except FaultError:
        raise
    except Exception as error:
        raise FaultError(feed.fault(error)) from error


class Ask(Protocol):
    """How a feed makes a request: ``ask(call)`` for each one that goes over the wire.

    It waits for its turn under the provider's rate budget, calls, and on an error that
    :meth:`Feed.fault` calls ``retry`` or ``rate_limited`` waits and calls again, a bounded number
    of times. What it raises in the end is a :class:`FaultError`.
    """

    def __call__(self, call: Callable[[], T]) -> T:
        """Make one request and return what ``call`` returns."""
        ...

    def take_turn(self) -> None:
        """Wait for a turn without calling: for further requests that an SDK makes by itself."""
        ...

    def told(self, *, remaining: int, reset_after: float) -> None:
        """Note what rate-limit headers said.

        Args:
            remaining: Requests left in the provider's current period.
            reset_after: Seconds until the next period begins.
        """
        ...


class Feed(Protocol):
    """One provider, connected. Its methods are called from several threads at once."""

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield all bars of a window, page by page; nothing means that there are surely none.

        Args:
            window: Dataset ``bars``.
            ask: Makes the requests.

        Raises:
            FaultError: Some page could not be had, or the symbol is unknown.
            Exception: Whatever the SDK raises; :meth:`fault` says what it means.
        """
        ...

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:
        """Look one symbol up; ``None`` when the provider surely does not know it."""
        ...

    def fault(self, error: Exception) -> Fault:
        """Say what an exception of the SDK means; unknown ones are ``failed``."""
        ...

    def actions(self, window: Window, ask: Ask) -> Actions:
        """Return splits and dividends with an ex-date in a window; see :meth:`bars`."""
        raise NotImplementedError(f"actions of {window.listing.provider_symbol} by {ask}")

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:
        """Yield the provider's symbol list of one asset class, page by page."""
        raise NotImplementedError(f"symbols of {asset_class} by {ask}")

    def close(self) -> None:
        """Give connections back."""
        return


def dates_of(window: Window) -> tuple[date, date]:
    """Return the first and the last session date of a window of dates, both inclusive.

    Args:
        window: One of daily bars or of actions.
    """
    return window.start_at.date(), (window.end_at - timedelta(days=1)).date()
