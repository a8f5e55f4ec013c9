"""Candles of symbols, each in the longest timeframe that has enough bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from barhouse.api import DataAPI
from barhouse.api.choices import TIMEFRAMES, timeframe_of
from barhouse.api.plotting import candles_of
from barhouse.drawing import candle_chart
from barhouse.report.contents import Chart

if TYPE_CHECKING:
    import pandas as pd

#: Fewer bars than these tell little; a shorter timeframe is taken then.
_ENOUGH: Final = 20
_NEWEST: Final = 10


def charts_of(api: DataAPI, symbols: Sequence[str], count: int) -> list[Chart]:
    """Draw the newest bars of symbols; one without bars is left out.

    Args:
        api: Asks the warehouse.
        symbols: Ours.
        count: Candles of each at most.

    Raises:
        BarhouseError: A symbol means nothing.
    """
    found = [_chart(api, symbol, count) for symbol in symbols]
    return [chart for chart in found if chart is not None]


def _chart(api: DataAPI, symbol: str, count: int) -> Chart | None:
    timeframe = _timeframe(api.coverage(symbol))
    if timeframe is None:
        return None
    bars = api.last_bars(symbol, count, timeframe=timeframe, adjusted="split")
    candles = candles_of(bars, is_intraday=timeframe_of(timeframe).is_intraday)
    if not candles:
        return None
    newest = [
        {
            "time": one.label,
            "open": one.open,
            "high": one.high,
            "low": one.low,
            "close": one.close,
            "volume": one.volume,
        }
        for one in reversed(candles[-_NEWEST:])
    ]
    picture = candle_chart(f"{symbol}, bars of {timeframe}, split-adjusted", candles)
    return Chart(symbol, timeframe, picture, newest)


def _timeframe(coverage: pd.DataFrame) -> str | None:
    counts = coverage.groupby("timeframe")["bar_count"].sum().to_dict()
    longest = [
        name for name in reversed(TIMEFRAMES[: TIMEFRAMES.index("1d") + 1]) if name in counts
    ]
    enough = [name for name in longest if counts[name] >= _ENOUGH]
    return next(iter(enough or sorted(longest, key=lambda name: -counts[name])), None)
