"""Bars with indicators, right from the first row that was asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from barhouse.api import choices, frames
from barhouse.api.asking import Asker, framed
from barhouse.api.indicators.wishes import wishes_of
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
    added = [name for one in wanted for name in one.columns]
    shown = [*choices.OHLCV, *added]
    names = [*shown, *columns[len(choices.OHLCV) :]]
    # One for all: memory of so much is kept for the next question, and need not be cleared then.
    block = np.empty((len(names), len(table)))
    rows: dict[str, Any] = dict(zip(names, block, strict=True))
    for name in columns:
        frames.put(table[name].chunks, rows[name])
    if needs_vwap:
        rows["session_date"] = table["session_date" if width.is_intraday else "time"].to_numpy()
    for one in wanted:
        one.fill(rows, [rows[name] for name in one.columns])
    frame: choices.Frame = choices.one_of(question.frame, choices.FRAMES, "frame")  # type: ignore[assignment]
    if frame == "pandas":
        block = block[: len(shown), first:]
        return frames.frame_of_block(table.slice(first), block, shown, wish.zone)
    for name in added:
        table = table.append_column(name, pa.array(rows[name], from_pandas=True))
    return framed(table.slice(first), wish, frame, drop=["vwap"])
