"""JSON lines and JSON arrays of bars."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from test_files_kit import POSITIONS, read

MS = 1_704_205_800_000


def line(**changes: object) -> str:
    row = {"time": MS, "open": 1.1, "high": 2, "low": 0.5, "close": 1.5, "volume": 7} | changes
    return json.dumps(row) + "\n"


def test_objects_per_line_land_with_the_digits_of_the_file(tmp_path: Path) -> None:
    landed = read(tmp_path, line() + line(time=MS + 60_000), "a.jsonl", time_format="epoch_ms")
    assert [bar["open"] for bar in landed.bars] == [Decimal("1.1")] * 2
    assert [bar["source_row"] for bar in landed.bars] == [1, 2]
    assert landed.bars[0]["source_timestamp"] == str(MS)


def test_a_top_level_array_of_arrays_lands(tmp_path: Path) -> None:
    text = f"[[{MS},1,2,0.5,1.5,1.00000000],\n [{MS + 60_000},1e-7,2,5e-8,1.5,3]]\n"
    landed = read(tmp_path, text, "ETH_BTC-1m.json", columns=POSITIONS, time_format="epoch_ms")
    assert [bar["open"] for bar in landed.bars] == [Decimal(1), Decimal("0.0000001")]
    assert [bar["source_row"] for bar in landed.bars] == [1, 2]


def test_a_top_level_array_of_objects_lands(tmp_path: Path) -> None:
    landed = read(
        tmp_path, f"[{line()}, {line(time=MS - 60_000)}]", "a.json", time_format="epoch_ms"
    )
    assert len(landed.bars) == 2


def test_float_noise_is_rounded_but_text_must_fit(tmp_path: Path) -> None:
    noisy, text = line(open=1.2345678901234567e-05), line(open="0.0000123456789012345678")
    landed = read(tmp_path, noisy + text, "a.jsonl", time_format="epoch_ms")
    assert landed.bars[0]["open"] == Decimal("0.000012345678901235")
    assert "more than 18 decimals" in landed.reject["reason"]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("{", "line 2 is not JSON"),
        ("[1,2]", "line 2 is an array; expected an object."),
        ("3", "line 2 is the value '3'; expected an object."),
        ("[" * 100_000, "line 2 "),
        (line(close=None), "The close price is missing."),
        (line(close=float("nan")), "is not a finite number"),
        (line(close=True), "'true' is not a number"),
        (line(close=[1]), "is not a number"),
        (line(close="1\ud800"), "is not a number"),
        (line(close="1\x00"), "is not a number"),
        (line(close=1).replace(" 1,", " " + "9" * 5000 + ","), "too many digits"),
    ],
)
def test_a_bad_line_is_rejected_and_the_rest_lands(tmp_path: Path, bad: str, said: str) -> None:
    text = line() + bad.strip() + "\n" + line(time=MS + 60_000)
    landed = read(tmp_path, text, "a.ndjson", time_format="epoch_ms")
    assert said in landed.reject["reason"]
    assert landed.reject["source_row"] == 2
    assert len(landed.bars) == 2


def test_a_short_element_is_rejected(tmp_path: Path) -> None:
    text = f"[[{MS},1,2], [{MS},1,2,0.5,1.5,1]]"
    landed = read(tmp_path, text, "a.json", columns=POSITIONS, time_format="epoch_ms")
    assert landed.reject["reason"] == "element 1 has too few values; expected at least 6."
    assert landed.bars[0]["source_row"] == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1}', "expected a JSON array"),
        ("[[1,2,3,4,5,6]", "line 1, character 15: expected ',' or ']' after element 1"),
        ("[[1,2,3,4,5,6],]", "not JSON at line 1, character 16"),
        ("[[1,2,3,4,5,6]] x", "expected nothing after the array"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_is_no_json_array_fails(tmp_path: Path, content: str, said: str) -> None:
    landed = read(tmp_path, content, "a.json", columns=POSITIONS, time_format="epoch_ms")
    assert (landed.request["outcome"], landed.bars) == ("failed", [])
    assert said in landed.request["reason"]


@pytest.mark.parametrize("content", ["", "[]", " [ ] \n"])
def test_an_empty_array_is_empty(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content, "a.json", columns=POSITIONS).request["outcome"] == "empty"
