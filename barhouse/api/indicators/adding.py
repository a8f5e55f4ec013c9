"""Bars with indicators, right from the first row that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from barhouse.api import choices, frames
from barhouse.api.asking import Asker, framed
from barhouse.api.indicators.wishes import wishes_of
from barhouse.api.memory import own
from barhouse.api.queries import Question
from barhouse.errors import BarhouseError


def with_indicators(asker: Asker, question: Question, indicators: object) -> Any:
    """Return the bars of one symbol with indicators.

    Args:
        asker: Understands and fetches.
        question: Which bars; its columns are not looked at.
        indicators: Their names.

    Raises:
        BarhouseError: What was asked for does not exist.
    """
    wanted = wishes_of(indicators)
    needs_vwap = any(one.kind == "VWAP" for one in wanted)
    width = choices.timeframe_of(question.timeframe)
    if needs_vwap and not width.is_intraday and width.name != "1d":
        raise BarhouseError(
            f"VWAP is of one session; expected a timeframe up to 1d, and {width.name} is longer."
        )
    columns = [*choices.OHLCV, *(["vwap"] if needs_vwap else [])]
    wish = asker.wish(replace(question, columns=columns))
    needed = [one.bars_before for one in wanted]
    count = None if None in needed else max(number or 0 for number in needed)
    table, first = asker.bars_with_those_before(wish, count)
    bars: dict[str, Any] = {name: own(table[name]) for name in columns}
    if needs_vwap:
        bars["session_date"] = table["session_date" if width.is_intraday else "time"].to_numpy()
    frame: choices.Frame = choices.one_of(question.frame, choices.FRAMES, "frame")  # type: ignore[assignment]
    made = {name: values for one in wanted for name, values in one.columns(bars).items()}
    if frame == "pandas":
        shown = {name: bars[name] for name in choices.OHLCV} | made
        cut = {name: values[first:] for name, values in shown.items()}
        return frames.frame_with(table.slice(first), cut, wish.zone)
    for name, values in made.items():
        table = table.append_column(name, pa.array(values, from_pandas=True))
    return framed(table.slice(first), wish, frame, drop=["vwap"])
