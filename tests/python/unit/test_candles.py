"""Candles: each bar covers the heights between its low and its high."""

from __future__ import annotations

from barhouse.cli.candles import Candle, drawn, fitting


def columns(*candles: Candle, height: int) -> list[str]:
    lines = [line.plain for line in drawn(candles, height)]
    return ["".join(line[12 + place] for line in lines[:height]) for place in range(len(candles))]


def test_wicks_and_bodies_stand_where_prices_are() -> None:
    rise = Candle("1", open=2, high=7, low=0, close=5, volume=10)
    fall = Candle("2", open=7, high=7, low=5, close=6, volume=5)
    still = Candle("3", open=4, high=4, low=4, close=4, volume=0)
    # Heights 0 to 7, two in each of four lines: lines hold 7+6, 5+4, 3+2, 1+0.
    assert columns(rise, fall, still, height=4) == ["│┃┃│", "┃╵  ", " ╻  "]
    lines = drawn([rise, fall, still], 4)
    assert lines[0].plain.startswith("    7.00000 ")
    assert lines[3].plain.startswith("    0.00000 ")
    assert lines[4].plain == "     volume █▄ "
    assert lines[5].plain == "            1 3"
    assert [span.style for span in lines[1].spans] == ["green", "red", "green"]


def test_bars_that_never_moved_are_a_line() -> None:
    flat = Candle("1", 5, 5, 5, 5, 0)
    assert columns(flat, flat, height=3) == ["  ╻", "  ╻"]
    assert drawn([flat], 3)[3].plain == " " * 13


def test_as_many_candles_fit_as_there_are_columns() -> None:
    assert [fitting(80), fitting(12), fitting(1)] == [68, 1, 1]
    small = Candle("2018-01-20", 0.00004862, 0.00004901, 0.00004810, 0.000049, 1)
    assert drawn([small], 2)[0].plain.startswith("  4.901e-05 ")
