"""Yahoo, connected: yfinance over a session of ours.

What yfinance shares in a process (session, cache of answers, settings) is set and used under one
lock, whatever number of feeds and threads there are. This module needs yfinance; import it late.
"""

from __future__ import annotations

import json
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pandas as pd
import yfinance
from yfinance.data import YfData
from yfinance.exceptions import YFDataException, YFPricesMissingError, YFRateLimitError

from extract.api.feed import Actions, Ask, BarColumns, Fault, FaultError, Listing, Window, dates_of
from extract.api.terms import Connection
from extract.landing import TIMEFRAMES
from extract.sources._yahoo.columns import actions_of, bar_columns
from extract.sources._yahoo.symbols import currency_of, listing_of
from extract.sources._yahoo.wire import NothingThereError, UnknownSymbolError, Wire

# yfinance wants its own deprecation warnings seen, and pandas has many for it.
warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"yfinance\.")

_DAY: Final = timedelta(days=1)
_YFINANCE: Final = threading.Lock()


class History(NamedTuple):
    """What Yahoo answered: yfinance's frame, if there are rows, and the chart it was made of."""

    frame: pd.DataFrame | None
    chart: Mapping[str, Any]


class YahooFeed:
    """Bars, splits and dividends of one symbol at a time; see :class:`extract.api.feed.Feed`."""

    def __init__(self, connection: Connection) -> None:
        """Connect to nothing yet.

        Args:
            connection: Endpoints ``proxy`` and ``ca_file``, option ``extended_hours``.
        """
        self._wire = Wire(
            connection.endpoints.get("proxy"),
            connection.endpoints.get("ca_file"),
            connection.timeout,
        )
        self._extended_hours = connection.options.get("extended_hours") is True
        with _YFINANCE:
            # Time zones and cookies are kept here rather than in the user's cache.
            yfinance.set_tz_cache_location(str(connection.cache_dir))

    def bars(self, window: Window, ask: Ask) -> Iterator[BarColumns]:
        """Yield the bars of a window in one page, or nothing."""
        listing, timeframe = window.listing, str(window.timeframe)
        wanted: dict[str, Any] = {"interval": timeframe}
        if timeframe == "1d":
            first, last = dates_of(window)
            wanted |= {"start": first, "end": last + _DAY}
        else:
            # One bar further, so that the last one is whole: some begin at half past.
            end_at = window.end_at + TIMEFRAMES[timeframe]
            wanted |= {"start": window.start_at, "end": end_at}
            wanted["prepost"] = self._extended_hours and listing.asset_class in ("equity", "etf")
        answer = ask(lambda: self._history(listing.provider_symbol, ask, wanted))
        if answer.frame is None:
            return
        _check_currency(answer.chart["meta"], listing)
        columns = bar_columns(answer.frame, answer.chart, window)
        if columns.times:
            yield columns

    def actions(self, window: Window, ask: Ask) -> Actions:
        """Return splits and dividends, from one chart of daily bars."""
        first, last = dates_of(window)
        wanted = {"interval": "1d", "start": first, "end": last + _DAY}
        answer = ask(lambda: self._history(window.listing.provider_symbol, ask, wanted))
        return actions_of(answer.chart, first, last)

    def assets(self, asset_class: str, ask: Ask) -> Iterator[Sequence[Listing]]:  # noqa: ARG002
        """Raise: Yahoo has no symbol list."""
        raise FaultError(Fault("failed", "Yahoo has no symbol list"))

    def describe(self, provider_symbol: str, asset_class: str, ask: Ask) -> Listing | None:  # noqa: ARG002
        """Look a symbol up by its chart; what Yahoo takes it for goes before ``asset_class``."""

        def look_up() -> History | None:
            try:
                return self._history(provider_symbol, ask, {"interval": "1d", "period": "5d"})
            except UnknownSymbolError:
                return None

        answer = ask(look_up)
        return answer and listing_of(provider_symbol, answer.chart["meta"])

    def fault(self, error: Exception) -> Fault:
        """Say what an exception of yfinance or curl means."""
        if isinstance(error, FaultError):
            return error.fault
        if isinstance(error, YFRateLimitError):
            return Fault("rate_limited", "HTTP 429 Too Many Requests")
        if isinstance(error, OSError):  # so are all of curl's
            reason = str(error).removeprefix("Failed to perform, ").split(" See https:")[0]
            return Fault("retry", reason)
        if isinstance(error, YFDataException | json.JSONDecodeError):
            return Fault("retry", f"the answer is no chart: {error}")
        return Fault("failed", f"{type(error).__name__}: {error}")

    def close(self) -> None:
        """Give connections back."""
        self._wire.close()

    def _history(self, symbol: str, ask: Ask, wanted: Mapping[str, Any]) -> History:
        with _YFINANCE:
            yfinance.config.debug.hide_exceptions = False
            yfinance.config.network.retries = 0
            # It keeps answers of the past for the life of the process, failed ones as well.
            YfData(session=self._wire).cache_get.cache_clear()
            self._wire.begin(ask.take_turn)
            try:
                frame = yfinance.Ticker(symbol, session=self._wire).history(
                    **wanted, auto_adjust=False, back_adjust=False, repair=False, actions=True
                )
            except NothingThereError:
                frame = None
            except YFPricesMissingError:
                # Raised for a window without rows as for much else.
                if not self._wire.chart or self._wire.chart.get("timestamp"):
                    raise
                frame = None
            return History(frame, self._wire.chart)


def _check_currency(meta: Mapping[str, Any], listing: Listing) -> None:
    quoted = currency_of(meta)
    if quoted and listing.currency not in (quoted, meta["currency"]):
        raise FaultError(
            Fault(
                "failed",
                f"Yahoo quotes {listing.provider_symbol} in {quoted}, "
                f"the listing is in {listing.currency}",
            )
        )
