"""``DataAPI``: bars for programs and notebooks."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from barhouse.api import choices, frames, times
from barhouse.api.asking import Asker, framed, past
from barhouse.api.catalogue import Catalogue
from barhouse.api.choices import Adjusted, Frame
from barhouse.api.keeping import keepers_of
from barhouse.api.queries import Question
from barhouse.api.reading import Reader
from barhouse.api.routing import LAKE_USES, LakeSource, LakeUse
from barhouse.api.standing import Standing
from barhouse.database import open_warehouse
from barhouse.errors import BarhouseError
from barhouse.lake.place import open_lake
from barhouse.shelf import shelf_of
from extract.settings import Settings, load_settings

if TYPE_CHECKING:
    import pyarrow as pa

Moment = str | date | datetime | None
KnownSince = Literal["loaded", "day"]

CONNECTIONS: Final = 8
CACHE_BYTES: Final = 128 << 20
CACHE_SECONDS: Final = 3600.0
KNOWN_SINCE: Final = ("loaded", "day")


class DataAPI(Catalogue, AbstractContextManager["DataAPI", None]):
    """Asks the warehouse for bars.

    It connects when first asked; threads may share it, event loops may run, other processes get it
    pickled. Every bar of an answer is of the same published state.

    Example:
        >>> api = DataAPI()
        >>> api.get_ohlc("AAPL", start="2012-01-01", end="2012-12-31", adjusted="total_return")
    """

    def __init__(
        self,
        database: str | None = None,
        *,
        tz: str | None = None,
        connections: int = CONNECTIONS,
        cache_bytes: int = CACHE_BYTES,
        cache_seconds: float = CACHE_SECONDS,
        lake: LakeUse = "auto",
        shelf: bool = True,
        settings: Settings | None = None,
    ) -> None:
        """Choose the warehouse.

        Args:
            database: URL of a TimescaleDB; default ``BARHOUSE_DATABASE_URL``, else the embedded
                one.
            tz: Time zone of answers, and of times without one in questions; default the exchange's.
            connections: How many statements may run at once.
            cache_bytes: How much of the answers this process may keep; 0 keeps none, in the Redis
                of ``BARHOUSE_REDIS_URL`` neither.
            cache_seconds: How long answers are kept; one that a publish changed is never found.
            lake: ``auto`` reads from the lake what retention dropped from the database, ``always``
                also what both hold, ``never`` nothing: such a question is refused.
            shelf: Read what `barhouse shelve` laid out on this machine, as far as it still holds.
            settings: The project; default as the command line finds it.

        Raises:
            BarhouseError: There is no such time zone or use of the lake.
            SettingsError: A setting cannot be used.
        """
        found = settings or load_settings()
        self._settings = replace(found, database_url=database) if database else found
        self._given_by = "DataAPI(database)" if database else "BARHOUSE_DATABASE_URL"
        self._limits = (connections, cache_bytes, cache_seconds)
        self._lake_use: LakeUse = choices.one_of(lake, LAKE_USES, "lake")  # type: ignore[assignment]
        self._uses_shelf = shelf
        self._asker = self._made_asker(times.zone_of(tz) if tz is not None else None)

    def get_ohlc(
        self,
        symbol: str,
        start: Moment = None,
        end: Moment = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "raw",
        columns: Sequence[str] | None = None,
        tz: str | None = None,
        frame: Frame = "pandas",
    ) -> Any:
        """Return the bars of a symbol.

        Args:
            symbol: ``AAPL``, or ``equity:AAPL`` where several asset classes have it.
            start: First bar, inclusive: a date means its session day, a time the start of a bar;
                a time without a zone is one of the zone of the answer. None: from the first bar.
            end: Last bar, inclusive, likewise. None: to the newest bar.
            timeframe: ``1m 5m 15m 30m 1h 4h 1d 1w 1mo``, or another number of ``m h d w mo``.
            adjusted: ``raw`` as traded, ``split`` restated for splits, ``total_return`` for
                dividends too.
            columns: Any of ``open high low close volume vwap trade_count is_final``; default the
                first five.
            tz: Time zone of this answer.
            frame: ``pandas``, ``polars`` or ``arrow``; see :meth:`arrow` for exact decimals.

        Returns:
            Bars by ``time``, the start of the bar (of days and longer ones the midnight of their
            date). Prices are doubles.

        Raises:
            BarhouseError: What was asked for does not exist; the message names what is nearest.
        """
        wish = self._asker.wish(
            Question([symbol], start, end, timeframe, adjusted, columns, tz, frame)
        )
        if frame == "pandas":
            return self._asker.frame(wish)
        return framed(self._asker.rows(wish), wish, frame)

    def get_ohlc_with_indicators(
        self,
        symbol: str,
        indicators: str | Iterable[str],
        start: Moment = None,
        end: Moment = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "split",
        tz: str | None = None,
        frame: Frame = "pandas",
    ) -> Any:
        """Return the bars of a symbol with indicators.

        Args:
            symbol: As for :meth:`get_ohlc`.
            indicators: Such as ``SMA_20 EMA_12 WMA_9 RSI_14 MACD BBANDS_20_2 ATR_14 ADX_14
                STOCH_14_3_3 OBV VWAP VOL_20 RETURN_1 LOGRETURN_1``; without numbers the usual ones.
            start: As for :meth:`get_ohlc`; what the first row needs from before is fetched, too.
            end: As for :meth:`get_ohlc`.
            timeframe: As for :meth:`get_ohlc`.
            adjusted: As for :meth:`get_ohlc`, but restated for splits by default: in raw prices a
                split looks like a crash to every indicator.
            tz: As for :meth:`get_ohlc`.
            frame: As for :meth:`get_ohlc`.

        Returns:
            Open, high, low, close, volume and a column per value of an indicator, named like it:
            also ``MACD_SIGNAL MACD_HIST BBANDS_LOWER _MIDDLE _UPPER STOCH_K STOCH_D``.

        Raises:
            BarhouseError: What was asked for does not exist; the message names what is nearest.
        """
        from barhouse.api.indicators import with_indicators

        return with_indicators(
            self._asker,
            Question([symbol], start, end, timeframe, adjusted, None, tz, frame),
            indicators,
        )

    def get_multi_symbol(
        self,
        symbols: Iterable[str],
        start: Moment = None,
        end: Moment = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "raw",
        columns: Sequence[str] | None = None,
        tz: str | None = None,
        frame: Frame = "pandas",
        wide: bool = False,
    ) -> Any:
        """Return the bars of several symbols.

        Args:
            symbols: As for :meth:`get_ohlc`; so are those that follow.
            start: First bar, inclusive.
            end: Last bar, inclusive.
            timeframe: Length of a bar.
            adjusted: For what.
            columns: Names.
            tz: As for :meth:`get_ohlc`; default UTC where exchanges have several.
            frame: As for :meth:`get_ohlc`.
            wide: One row per time and columns ``(name, symbol)``, for pandas alone.

        Returns:
            One row per symbol and bar, symbols in the order they were asked for, with the column
            ``symbol`` (categorical); or the wide form.

        Raises:
            BarhouseError: What was asked for does not exist; the message names what is nearest.
        """
        if wide and frame != "pandas":
            raise BarhouseError(f"wide is of pandas alone; frame is '{frame}'.")
        wish = self._asker.wish(
            Question(symbols, start, end, timeframe, adjusted, columns, tz, frame)
        )
        bars = framed(self._asker.bars(wish), wish, frame)
        return frames.widened(bars, [one.word for one in wish.asked]) if wide else bars

    def arrow(
        self,
        symbols: str | Iterable[str],
        start: Moment = None,
        end: Moment = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "raw",
        columns: Sequence[str] | None = None,
        tz: str | None = None,
    ) -> pa.Table:
        """Return bars as an Arrow table with exact decimals.

        Args:
            symbols: One or several.
            start: As for :meth:`get_ohlc`; so are those that follow.
            end: Last bar.
            timeframe: Length of a bar.
            adjusted: Adjusted prices are quotients, hence doubles also here.
            columns: As for :meth:`get_ohlc`.
            tz: As for :meth:`get_multi_symbol`.

        Returns:
            ``symbol``, ``time`` (a timestamp, of days and longer bars a date) and the columns;
            raw prices and volumes as decimal128(38, 18).

        Raises:
            BarhouseError: What was asked for does not exist; the message names what is nearest.
        """
        wish = self._asker.wish(
            Question(symbols, start, end, timeframe, adjusted, columns, tz, "arrow")
        )
        exact = replace(wish, query=replace(wish.query, is_exact=True))
        return framed(self._asker.bars(exact), exact, "arrow")

    def as_of(self, when: Moment, *, known_since: KnownSince = "loaded") -> DataAPI:
        """Return an API that answers as it would have at another time; connections are shared.

        Args:
            when: A date, which counts whole, or a time; in the zone of the API, else UTC.
            known_since: ``loaded``: bars are known since they landed here, each with the values it
                had. ``day``: also history that landed later counts, up to the day of ``when``. With
                either, only actions with an ex-date up to that day adjust, with today's values.

        Returns:
            An API of its own; its ``latest``, ``symbols``, ``coverage`` and ``sql`` are as of now.

        Raises:
            BarhouseError: It is no date or time.
        """
        choices.one_of(known_since, KNOWN_SINCE, "known_since")
        if (bound := times.bound_of(when, "when")) is None:
            raise BarhouseError("when is missing; expected a date or a time.")
        zone = self._asker.zone or ZoneInfo("UTC")
        known = past(bound, zone, is_loaded=known_since == "loaded")
        other = copy.copy(self)
        other.__dict__["_asker"] = replace(self._asker, as_of=known)
        return other

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._asker.standing.close()

    def __exit__(self, *error: object) -> None:
        """Close the connections."""
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """Leave connections and answers out; who unpickles it has its own."""
        return {**self.__dict__, "_asker": (self._asker.zone, self._asker.as_of)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Have connections and answers of its own."""
        zone, as_of = state.pop("_asker")
        self.__dict__.update(state)
        self._asker = replace(self._made_asker(zone), as_of=as_of)

    def _made_asker(self, zone: ZoneInfo | None) -> Asker:
        connections, most_bytes, seconds = self._limits
        keepers = keepers_of(self._settings, most_bytes, seconds)
        lake = LakeSource(partial(open_lake, self._settings), self._lake_use)
        shelf = shelf_of(self._settings) if self._uses_shelf else None
        return Asker(Standing(Reader(self._url, connections)), zone, keepers, lake, shelf)

    def _url(self) -> str:
        return open_warehouse(self._settings, self._given_by).url("analyst")
