"""Bars as a picture, for notebooks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from barhouse.api import choices
from barhouse.api.asking import Asker, framed
from barhouse.api.choices import Adjusted
from barhouse.api.queries import Question

if TYPE_CHECKING:
    import pandas as pd

    from barhouse.drawing import Candle, Line, Panel, Picture

#: More candles than these cannot be told apart.
MOST_CANDLES: Final = 1000
#: Indicators that share the scale of the prices.
_OF_PRICES: Final = ("SMA", "EMA", "WMA", "BBANDS", "VWAP")


class Plotting:
    """Pictures of bars; part of ``DataAPI``."""

    _asker: Asker

    def plot(
        self,
        symbol: str,
        start: str | date | datetime | None = None,
        end: str | date | datetime | None = None,
        timeframe: str = "1d",
        *,
        adjusted: Adjusted = "split",
        indicators: str | Iterable[str] = (),
        tz: str | None = None,
    ) -> Picture:
        """Return candles with volumes and indicators, as a picture that a notebook shows.

        Args:
            symbol: As for ``get_ohlc``.
            start: First bar, inclusive; none for as many as can be drawn up to ``end``.
            end: Last bar, inclusive; none for the newest.
            timeframe: Length of a bar.
            adjusted: ``raw``, ``split`` or ``total_return``.
            indicators: As for ``get_ohlc_with_indicators``; means, bands and ``VWAP`` are drawn
                over the candles, each of the others in a panel below.
            tz: Time zone of the labels; default that of the exchange.

        Returns:
            The newest 1,000 bars at most; its title says so where there are more. ``svg`` is its
            markup, ``save("aapl.svg")`` or ``save("aapl.html")`` writes it.

        Raises:
            BarhouseError: What was asked for does not exist; the message names what is nearest.
        """
        from barhouse.drawing import candle_chart

        wanted = [indicators] if isinstance(indicators, str) else list(indicators)
        question = Question([symbol], start, end, timeframe, adjusted, None, tz, "pandas")
        bars, is_cut = self._drawable(question, wanted)
        title = f"{symbol} {timeframe} {adjusted}"
        if is_cut:
            title += f", the newest {MOST_CANDLES:,} bars"
        lines, panels = lines_of(bars)
        candles = candles_of(bars, is_intraday=choices.timeframe_of(timeframe).is_intraday)
        return candle_chart(title, candles, lines, panels)

    # The bars to draw, and whether there are more of them.
    def _drawable(self, question: Question, indicators: list[str]) -> tuple[pd.DataFrame, bool]:
        from dataclasses import replace

        from barhouse.api.indicators import with_indicators

        # One more than is drawn tells that there are more.
        if question.start is None:
            table, wish = self._asker.last_bars(question, MOST_CANDLES + 1)
            bars = framed(table, wish, "pandas")
        else:
            wish = self._asker.wish(question)
            bars = framed(self._asker.rows(wish), wish, "pandas")
        is_cut = len(bars) > MOST_CANDLES
        bars = bars.tail(MOST_CANDLES)
        if indicators and len(bars):
            first = bars.index[0].to_pydatetime()
            since = first if wish.query.timeframe.is_intraday else first.date()
            bars = with_indicators(self._asker, replace(question, start=since), indicators)
        elif indicators:
            bars = with_indicators(self._asker, question, indicators)
        return bars, is_cut


def candles_of(bars: pd.DataFrame, *, is_intraday: bool) -> list[Candle]:
    """Return bars as candles.

    Args:
        bars: With the index ``time`` and open, high, low, close and volume.
        is_intraday: Whether the time of day is shown.
    """
    from barhouse.drawing import Candle

    form = "%Y-%m-%d %H:%M" if is_intraday else "%Y-%m-%d"
    numbers = bars[list(choices.OHLCV)].to_numpy(dtype=float).tolist()
    return [
        Candle(time.strftime(form), first, high, low, last, None if math.isnan(volume) else volume)
        for time, (first, high, low, last, volume) in zip(bars.index, numbers, strict=True)
    ]


def lines_of(bars: pd.DataFrame) -> tuple[list[Line], list[Panel]]:
    """Return the indicators of bars: those over the prices, and those in panels below.

    Args:
        bars: From ``get_ohlc_with_indicators``.
    """
    from barhouse.drawing import Line, Panel

    over: list[Line] = []
    below: dict[str, list[Line]] = {}
    for name in (str(column) for column in bars.columns if column not in choices.OHLCV):
        line = Line(name, _known(bars[name]), is_bars=name.endswith("_HIST"))
        if name.startswith(_OF_PRICES):
            over.append(line)
        else:
            below.setdefault(_panel_of(name), []).append(line)
    return over, [Panel(name, lines) for name, lines in below.items()]


def _panel_of(column: str) -> str:
    for suffix in ("_SIGNAL", "_HIST", "_K", "_D"):
        column = column.removesuffix(suffix)
    return column


def _known(values: Any) -> Sequence[float | None]:
    return [None if math.isnan(value) else float(value) for value in values]
