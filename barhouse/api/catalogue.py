"""What there is: symbols, how far their bars reach, the newest of them, and SQL for all else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from barhouse.api import catalogue_texts, choices, meaning_texts
from barhouse.api.asking import Asker, framed
from barhouse.api.choices import Adjusted, Frame
from barhouse.api.plotting import Plotting
from barhouse.api.queries import Question
from barhouse.errors import BarhouseError

if TYPE_CHECKING:
    import pandas as pd


class Catalogue(Plotting):
    """Questions about what is there; part of ``DataAPI``."""

    _asker: Asker

    def latest(self, symbols: str | Iterable[str]) -> pd.DataFrame:
        """Return the newest day of symbols.

        Args:
            symbols: One or several.

        Returns:
            One row per symbol, in their order: session day, raw close, total return since the day
            before, whether the day is final and what it was built from; empty where a symbol has
            no day.

        Raises:
            BarhouseError: A symbol means nothing.
        """
        from barhouse.api import frames

        asked = self._asker.instruments(symbols)
        ids = [one.instrument_id for one in asked]
        found = frames.to_pandas(self._asker.reader.table(catalogue_texts.LATEST, [ids]))
        latest = found.set_index("instrument_id").reindex(ids)
        latest.index = _index([one.word for one in asked])
        return latest

    def last_bars(
        self,
        symbol: str,
        count: int,
        end: str | date | datetime | None = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "raw",
        tz: str | None = None,
    ) -> pd.DataFrame:
        """Return the newest bars of a symbol.

        Args:
            symbol: As for ``get_ohlc``; so are those that follow.
            count: How many bars at most.
            end: The last of them.
            timeframe: Length of a bar.
            adjusted: For what.
            tz: Of this answer.
        """
        question = Question([symbol], None, end, timeframe, adjusted, None, tz, "pandas")
        table, wish = self._asker.last_bars(question, count)
        bars: pd.DataFrame = framed(table, wish, "pandas")
        return bars

    def symbols(self, query: str | None = None) -> pd.DataFrame:
        """Return the instruments that are known.

        Args:
            query: Part of a symbol, former ones included, or of a name, in any case; default all.

        Returns:
            One row per instrument: newest symbol, asset class, permanent name, name, exchange,
            currency and time zone.
        """
        from barhouse.api import frames

        if query is not None and not (isinstance(query, str) and query.isprintable()):
            raise BarhouseError(
                f"query is {choices.shown(query)}; expected part of a symbol or of a name."
            )
        found = frames.to_pandas(self._asker.reader.table(meaning_texts.SEARCH, [query]))
        return found.sort_values(["symbol", "asset_class"], ignore_index=True)

    def coverage(self, symbol: str) -> pd.DataFrame:
        """Return which bars of a symbol there are.

        Args:
            symbol: As for :meth:`get_ohlc`.

        Returns:
            One row per timeframe and origin (``provider`` or ``minutes``), shorter bars first:
            first and last session day, number of session days and of bars, first and last start.

        Raises:
            BarhouseError: The symbol means nothing.
        """
        from barhouse.api import frames

        [asked] = self._asker.instruments(symbol)
        found = frames.to_pandas(
            self._asker.reader.table(catalogue_texts.COVERAGE, [asked.instrument_id])
        )
        ranks = found["timeframe"].map({name: n for n, name in enumerate(choices.TIMEFRAMES)})
        found = found.assign(rank=ranks).sort_values(["rank", "built_from"], ignore_index=True)
        return found.drop(columns="rank")

    def sql(self, query: str, params: Sequence[object] = (), *, frame: Frame = "pandas") -> Any:
        """Run one statement as an analyst, who may read everything that is published.

        Args:
            query: One statement, its parameters written ``$1``, ``$2`` and so on.
            params: Their values: text, numbers, dates, times or lists of them.
            frame: ``pandas`` and ``polars`` have doubles, ``arrow`` exact decimals.

        Returns:
            The rows.

        Raises:
            BarhouseError: The database refuses the statement; the message says what it says.
        """
        from barhouse.api import frames

        choices.one_of(frame, choices.FRAMES, "frame")
        if isinstance(params, str) or not isinstance(params, Sequence):
            raise BarhouseError(
                f"params is {choices.shown(params)}; expected a list with the value of $1 first."
            )
        table = self._asker.reader.table(query, params, is_ours=False)
        if frame == "arrow":
            return frames.exact(table)
        found = frames.floating(table)
        return frames.to_polars(found) if frame == "polars" else found.to_pandas()


def _index(words: list[str]) -> pd.Index[str]:
    import pandas as pd

    return pd.Index(words, name="symbol")
