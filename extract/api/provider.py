"""A provider with an API, as the pipeline sees it: terms and a feed become batches.

Every window is all or nothing: its bars and its row of the ledger are yielded together once all of
its pages are there. Several windows are fetched at once, under one rate budget. A window that fails
fails alone; a key that is refused, or a provider that fails again and again, ends the run, and what
was fetched before lands.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from threading import Event, Lock
from typing import Final

from extract.api import download, ledger
from extract.api.calls import Budget, Caller, RetryPolicy
from extract.api.connection import Reach, reach
from extract.api.feed import Fault, Feed, Listing, Window
from extract.api.listings import wanted_listings
from extract.api.plan import Plan, exchange_of
from extract.api.tally import PATIENCE, Tally
from extract.api.terms import Connection, Terms
from extract.api.wish import Wish, read_wish
from extract.config.symbols import load_symbols
from extract.exchanges import Exchange, read_exchanges
from extract.landing import Batch
from extract.providers import ExtractRequest, MisconfiguredError, ProviderError
from extract.settings import CHECKPOINT_ROWS

#: How much is fetched ahead of the database: the next load and half of the one after, so that
#: fetching goes on while a load is copied.
_AHEAD_BARS: Final = CHECKPOINT_ROWS * 3 // 2
_AHEAD_WINDOWS: Final = 16


class ApiProvider:
    """A provider with an API; see :class:`extract.providers.Provider`.

    Options: ``symbols``, ``preset``, ``universe``, ``timeframes``, ``start``, ``end``,
    ``datasets``, ``refetch``; see :mod:`extract.api.wish`.
    """

    def __init__(self, terms: Terms, connect: Callable[[Connection], Feed]) -> None:
        """Keep what the provider's module offers; nothing is imported or connected yet.

        Args:
            terms: What holds before anything is asked.
            connect: Makes the feed; imports the SDK.
        """
        self.terms = terms
        self._connect = connect
        self.__doc__ = terms.title

    @property
    def name(self) -> str:
        """The provider's name."""
        return self.terms.name

    def batches(self, request: ExtractRequest) -> Iterator[Batch]:
        """Yield what is wanted and not in the ledger yet, window by window.

        Args:
            request: The run; its options say what is wanted.

        Raises:
            MisconfiguredError: What is asked for, the configuration or the key cannot be right.
            ProviderError: The provider fails again and again.
        """
        wish = read_wish(request.options, self.terms)
        reached = reach(self.terms, request)
        run = _Run(self.terms, self._connect, wish, reached, request)
        try:
            yield from run.batches()
        finally:
            run.close()


class _Run:
    """One run of one provider."""

    def __init__(
        self,
        terms: Terms,
        connect: Callable[[Connection], Feed],
        wish: Wish,
        reached: Reach,
        request: ExtractRequest,
    ) -> None:
        self._terms = terms
        self._connect = connect
        self._wish = wish
        self._reach = reached
        self._request = request
        self._stopped = Event()
        self._budget = Budget(reached.requests_per_minute, terms.burst)
        self._policy = RetryPolicy(backoff_seconds=reached.backoff_seconds)
        self._tally = Tally(request.watch)
        self._feed: Feed | None = None
        self._lock = Lock()
        self._plan = Plan(terms, reached, wish, request.coverage, request.clock(), request.holes)
        seed = request.project_dir / "seeds" / "exchanges.csv"
        self._exchanges = {exchange.exchange: exchange for exchange in read_exchanges(seed)}

    def close(self) -> None:
        """Let waiting requests end and give connections back."""
        self._stopped.set()
        if self._feed is not None:
            self._feed.close()

    def batches(self) -> Iterator[Batch]:
        """Yield symbol lists, listings, actions and bars, each with its ledger row."""
        if "assets" in self._wish.datasets:
            yield from self._symbol_lists()
        listings: list[tuple[Listing, Exchange]] = []
        if self._wish.symbols or self._wish.groups:
            symbols = load_symbols(self._request.project_dir)
            for text, found in wanted_listings(
                self._wish, self._terms, symbols, self._connected, self._caller
            ):
                if isinstance(found, Listing):
                    listings.append((found, exchange_of(found, self._exchanges)))
                else:
                    yield self._unknown(text, found)
        yield from self._configured([listing for listing, _exchange in listings])
        windows = list(self._plan.windows(listings))
        self._tally.plan(len(windows))
        yield from self._download(windows)
        self._say_what_ended_it(len(windows))
        if told := self._plan.out_of_reach(listings):
            raise MisconfiguredError(
                f"{'; '.join(told)}. Ask for a later end, or another provider."
            )

    def _connected(self) -> Feed:
        with self._lock:
            if self._feed is None:
                try:
                    self._feed = self._connect(self._reach.connection)
                except ImportError as error:
                    raise MisconfiguredError(
                        f"{self._terms.name} needs the package {self._terms.package} ({error}); "
                        "run `make setup` to install it."
                    ) from error
            return self._feed

    def _caller(self) -> Caller:
        return Caller(self._budget, self._connected().fault, self._policy, self._stopped)

    def _asked(self, dataset: str, symbol: str | None = None) -> ledger.Asked:
        return ledger.Asked(
            provider=self._terms.name,
            feed=self._reach.feed,
            dataset=dataset,
            symbol=symbol,
            provider_symbol=symbol,
            timeframe=None,
            session_scope=None,
            start_at=None,
            end_at=None,
            fetched_at=self._request.clock(),
        )

    def _unknown(self, text: str, fault: Fault) -> Batch:
        self._tally.plan(1)
        self._tally.count(fault)
        return ledger.fault_batch(self._asked("bars", text), fault)

    def _configured(self, listings: list[Listing]) -> Iterator[Batch]:
        # Before the first bars of a listing, so that they never become an instrument of another
        # spelling.
        new = []
        for listing in listings:
            key = ledger.digest([self._terms.name, vars(replace(listing, name=None))])
            if not self._request.is_landed(key):
                new.append((key, listing))
        for key, listing in new:
            asked = replace(
                self._asked("assets", listing.symbol), provider_symbol=listing.provider_symbol
            )
            yield ledger.asset_batch(asked, [listing], "configured")
            yield ledger.request_batch(asked, "rows", row_count=1, fingerprint=key)

    def _symbol_lists(self) -> Iterator[Batch]:
        for asset_class in self._terms.price_basis:
            asked = self._asked("assets")
            self._tally.plan(1)
            yield from download.symbol_list(
                self._connected(), asset_class, asked, self._caller(), self._request.is_landed
            )
            self._tally.count(None)

    def _download(self, windows: list[Window]) -> Iterator[Batch]:
        if not windows or self._tally.refused:
            return
        feed = self._connected()
        waiting = iter(windows)
        running: dict[Future[download.Fetched | None], float] = {}
        workers = self._reach.concurrency
        with ThreadPoolExecutor(workers, thread_name_prefix=self._terms.name) as pool:
            try:
                while True:
                    while self._has_room(running.values()) and not self._is_over():
                        window = next(waiting, None)
                        if window is None:
                            break
                        running[pool.submit(self._fetch, feed, window)] = window.bar_count
                    if not running:
                        break
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        del running[future]
                        fetched = future.result()
                        if fetched is not None:
                            yield from fetched.landed()
                            self._tally.count_fetched(fetched)
            finally:
                self._stopped.set()

    def _has_room(self, bar_counts: Collection[float]) -> bool:
        # Bounded, so that memory does not grow with the range.
        ahead = len(bar_counts) - self._reach.concurrency
        return ahead < 0 or (ahead < _AHEAD_WINDOWS and sum(bar_counts) < _AHEAD_BARS)

    def _fetch(self, feed: Feed, window: Window) -> download.Fetched | None:
        exchange = exchange_of(window.listing, self._exchanges)
        asked = ledger.Asked(
            provider=self._terms.name,
            feed=self._reach.feed_of(window.listing.asset_class),
            dataset=window.dataset,
            symbol=window.listing.symbol,
            provider_symbol=window.listing.provider_symbol,
            timeframe=window.timeframe,
            session_scope=self._plan.scope(window.listing, window.timeframe),
            start_at=window.start_at,
            end_at=window.end_at,
            fetched_at=self._request.clock(),
        )
        task = download.Task(
            window=window,
            exchange=exchange,
            asked=asked,
            terms=self._terms,
            settles_after=self._reach.settles_after,
            settled_until_at=self._plan.settled_until(window, exchange, asked.fetched_at),
            is_landed=self._request.is_landed,
        )
        return download.fetch(feed, task, self._caller())

    def _is_over(self) -> bool:
        return self._tally.refused is not None or self._tally.is_hopeless

    def _say_what_ended_it(self, window_count: int) -> None:
        refused = self._tally.refused
        if refused:
            variables = " and ".join(c.variable for c in self._terms.credentials)
            advice = f" Check {variables}." if variables else ""
            raise MisconfiguredError(f"{self._terms.name} refuses us: {refused.reason}.{advice}")
        if self._tally.is_hopeless:
            raise ProviderError(
                f"{self._terms.name} failed for {PATIENCE} requests in a row, whatever the wait; "
                f"{self._tally.left} of {window_count} were not asked. Run the same command again "
                "later to continue."
            )
