"""Which windows a run asks for: its wish, less what the ledger has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from extract.api.connection import Reach
from extract.api.feed import Listing, Window
from extract.api.finality import first_open_day
from extract.api.terms import Terms
from extract.api.windows import ceiling, floor, windows_of, with_time_before
from extract.api.wish import Wish
from extract.coverage import Coverage, CoverageKey, Range
from extract.exchanges import Exchange
from extract.landing import TIMEFRAMES

#: Without a start, so much history is asked for.
DEFAULT_DAYS: Final = timedelta(days=365)
DEFAULT_MINUTES: Final = timedelta(days=30)
#: Actions are announced late and corrected, so the ledger does not settle them; but a run that
#: follows another soon does not ask again.
ACTIONS_ASKED_WITHIN: Final = timedelta(hours=12)
#: A provider that restates its history is asked again for the last days of it, so that a new basis
#: shows in days that are known.
_ASKED_AGAIN: Final = timedelta(days=7)
_LONG: Final = timedelta(days=36_500)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Plan:
    """How windows are made for one run.

    Attributes:
        terms: The provider's.
        reach: How it is reached.
        wish: What is wanted.
        coverage: The ledger.
        now: The instant of the run, aware UTC.
        holes: By our symbol and timeframe the ranges of bars to ask for in place of what the
            ledger lacks, as far as the wish goes.
    """

    terms: Terms
    reach: Reach
    wish: Wish
    coverage: Coverage
    now: datetime
    holes: Mapping[tuple[str, str], Sequence[Range]] | None = None

    def windows(self, listings: Sequence[tuple[Listing, Exchange]]) -> Iterator[Window]:
        """Yield all windows: actions first, so that bars find their splits, then bars.

        Args:
            listings: Whose, each with its exchange.
        """
        if "actions" in self.wish.datasets and self.terms.has_actions:
            for listing, exchange in listings:
                yield from self._actions(listing, exchange)
        if "bars" in self.wish.datasets:
            for timeframe in self.wish.timeframes:
                for listing, exchange in listings:
                    yield from self._bars(listing, exchange, timeframe)

    def key(self, window: Window) -> CoverageKey:
        """Return where the ledger looks a window up.

        Args:
            window: Any window of this plan.
        """
        return CoverageKey(
            self.reach.feed_of(window.listing.asset_class),
            window.listing.provider_symbol,
            window.dataset,
            window.timeframe,
            self.scope(window.listing, window.timeframe),
        )

    def scope(self, listing: Listing, timeframe: str | None) -> str | None:
        """Return the session scope of a listing's bars; ``None`` for actions.

        Args:
            listing: Whose.
            timeframe: E.g. ``1m``.
        """
        if timeframe is None:
            return None
        return self.terms.session_scope(
            listing.asset_class, timeframe, self.reach.connection.options
        )

    def settled_until(self, window: Window, exchange: Exchange, fetched_at: datetime) -> datetime:
        """Return up to where an answer will not change any more; within the window.

        Args:
            window: What was asked for.
            exchange: Of its listing.
            fetched_at: When.
        """
        latest = fetched_at - self.reach.settles_after
        if window.timeframe == "1d" or window.dataset == "actions":
            day = first_open_day(exchange, window.listing.asset_class, latest)
            until = _midnight(day)
        else:
            length = TIMEFRAMES[str(window.timeframe)]
            grid = _grid(length)
            until = floor(latest - length, grid) + grid
        return max(window.start_at, min(window.end_at, until))

    def _actions(self, listing: Listing, exchange: Exchange) -> Iterator[Window]:
        if listing.asset_class not in ("equity", "etf"):
            return
        first = min(self._first_date(exchange, timeframe) for timeframe in self.wish.timeframes)
        end = (self.now + self.terms.announces).date()
        window = Window("actions", listing, None, _midnight(first), _midnight(end))
        since = self.now - ACTIONS_ASKED_WITHIN
        was_asked = self.coverage.was_asked(self.key(window), window.start_at, since)
        if self.wish.refetch or not was_asked:
            yield window

    def _bars(self, listing: Listing, exchange: Exchange, timeframe: str) -> Iterator[Window]:
        step = TIMEFRAMES[timeframe]
        start_at, end_at = self._range(exchange, timeframe)
        key = self.key(Window("bars", listing, timeframe, start_at, end_at))
        holes = [(start_at, end_at)] if start_at < end_at else []
        if self.holes is not None:
            told = self.holes.get((listing.symbol, timeframe), ())
            within = [(max(first, start_at), min(last, end_at)) for first, last in told]
            holes = [(first, last) for first, last in within if first < last]
        elif not self.wish.refetch:
            holes = self.coverage.holes(key, start_at, end_at)
            if timeframe == "1d" and self.terms.price_basis[listing.asset_class] == "split":
                holes = with_time_before(holes, start_at, _ASKED_AGAIN)
        longest = self.terms.windows[timeframe]
        yield from windows_of(listing, "bars", timeframe, holes, longest=longest, step=step)

    def _range(self, exchange: Exchange, timeframe: str) -> tuple[datetime, datetime]:
        latest = self.now - self.reach.delay
        first = self._first_date(exchange, timeframe)
        if timeframe == "1d":
            end = _local_date(latest, exchange) + _DAY
            if self.wish.end:
                end = min(end, self.wish.end)
            return _midnight(first), _midnight(end)
        grid = _grid(TIMEFRAMES[timeframe])
        start_at = exchange.day_start(first)
        back = self.terms.reach(timeframe)
        if back is not None:
            start_at = max(start_at, self.now - back)
        end_at = exchange.day_start(self.wish.end) if self.wish.end else latest
        return ceiling(start_at, grid), floor(min(end_at, latest), timedelta(minutes=1))

    def _first_date(self, exchange: Exchange, timeframe: str) -> date:
        today = _local_date(self.now, exchange)
        default = today - (DEFAULT_DAYS if timeframe == "1d" else DEFAULT_MINUTES)
        first = self.wish.start or default
        back = self.terms.reach(timeframe)
        return first if back is None else max(first, (self.now - back).date())

    def out_of_reach(self, listings: Sequence[tuple[Listing, Exchange]]) -> list[str]:
        """Return why no bar of the wish can come: all of it lies before what the provider keeps.

        Args:
            listings: Whose, each with its exchange.

        Returns:
            A sentence per timeframe; nothing where one can come, or has come before.
        """
        if self.holes is not None or "bars" not in self.wish.datasets or not self.wish.end:
            return []
        told = []
        for timeframe in self.wish.timeframes:
            back = self.terms.reach(timeframe)
            end_at = _midnight(self.wish.end)
            if back is None or end_at > self.now - back:
                return []
            for listing, _exchange in listings:
                key = self.key(Window("bars", listing, timeframe, end_at, end_at))
                if any(first < end_at for first, _last in self.coverage.settled.get(key, ())):
                    return []
            told.append(
                f"{self.terms.name} keeps {timeframe} bars for {back.days} days, and all that was "
                f"asked for is older (up to {self.wish.end})"
            )
        return told if listings else []


def exchange_of(listing: Listing, exchanges: Mapping[str, Exchange]) -> Exchange:
    """Return a listing's exchange; one that is not in the seed counts by UTC days.

    Args:
        listing: The listing.
        exchanges: ``seeds/exchanges.csv`` by code.
    """
    return exchanges.get(listing.exchange) or Exchange(listing.exchange, "", "UTC", 0)


def _grid(length: timedelta) -> timedelta:
    # Some providers' hours start with the session, at half past.
    return min(length, timedelta(minutes=30))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _local_date(moment: datetime, exchange: Exchange) -> date:
    day = moment.astimezone(UTC).date() - _DAY
    while exchange.day_start(day + _DAY) <= moment:
        day += _DAY
    return day
