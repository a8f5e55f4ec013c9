"""Bars a file reports more than once."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_files_kit import HEADER, read

MAPPED = {name: name for name in ("symbol", "time", "open", "high", "low", "close", "volume")}


def text(*rows: tuple[str, int, int]) -> str:
    lines = [f"{s},2024-01-02 14:{minute:02},{price},9,0,1,1\n" for s, minute, price in rows]
    return f"symbol,{HEADER}" + "".join(lines)


def test_identical_repeats_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = text(("A", 1, 5), ("A", 2, 5), ("A", 1, 5), ("B", 1, 5), ("A", 1, 5))
    landed = read(tmp_path, rows, columns=MAPPED, symbol="column")
    assert [bar["source_row"] for bar in landed.bars] == [2, 3, 5]
    assert landed.request["reason"] == "2 identical repeats left out."
    assert (landed.request["row_count"], landed.rejects) == (3, [])


def test_the_same_value_spelled_differently_is_a_repeat(tmp_path: Path) -> None:
    rows = HEADER + "2024-01-02 14:30,1,2,0,1,1\n2024-01-02T14:30Z,1.0,2,0,1,1.000\n"
    assert len(read(tmp_path, rows).bars) == 1


def test_contradictions_are_all_rejected_with_each_others_lines(tmp_path: Path) -> None:
    rows = text(("A", 1, 5), ("A", 2, 5), ("A", 1, 6), ("A", 1, 5))
    landed = read(tmp_path, rows, columns=MAPPED, symbol="column")
    assert [bar["source_row"] for bar in landed.bars] == [3]
    assert [reject["source_row"] for reject in landed.rejects] == [2, 4, 5]
    assert landed.rejects[1]["reason"] == (
        "Lines 2, 4 and 5 report the bar of A at 2024-01-02 14:01:00 UTC with different values;"
        " keep one."
    )
    assert landed.rejects[1]["record"] == "A,2024-01-02 14:01,6,9,0,1,1"


def test_a_file_of_contradictions_alone_fails(tmp_path: Path) -> None:
    landed = read(tmp_path, text(("A", 1, 5), ("A", 1, 6)), columns=MAPPED, symbol="column")
    assert (landed.request["outcome"], landed.bars) == ("failed", [])


@pytest.mark.parametrize("block", [64, 4 << 20])
@given(rows=st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 3), st.integers(1, 2))))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_row_lands_is_left_out_or_is_rejected(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    block: int,
    rows: list[tuple[str, int, int]],
) -> None:
    monkeypatch.setattr("extract.sources._files.text._BLOCK", block)
    landed = read(tmp_path, text(*rows), columns=MAPPED, symbol="column")
    values: dict[tuple[str, int], set[int]] = {}
    for symbol, minute, price in rows:
        values.setdefault((symbol, minute), set()).add(price)
    agreed = {key for key, prices in values.items() if len(prices) == 1}
    assert len(landed.bars) == len(agreed)
    refused = [2 + n for n, (s, m, _) in enumerate(rows) if (s, m) not in agreed]
    assert [reject["source_row"] for reject in landed.rejects] == refused
