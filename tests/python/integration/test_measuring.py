"""The benchmarks run from end to end at their smallest, and every answer is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from house_kit import House

from barhouse.errors import BarhouseError
from benchmarks import peers
from benchmarks.__main__ import measure


def cells(table: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_measuring_gives_one_table_and_says_what_must_hold(
    new_house: Callable[..., House], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the peers, which only `make bench` installs.
    monkeypatch.setattr(peers, "PYTHON", tmp_path / "missing")
    house, told = new_house(), []
    folder = tmp_path / "bench"
    folder.mkdir()
    text = measure(house.settings, "small", folder, told.append, rounds=1, build=house.build)

    measured, _, must_hold = text.rstrip("\n").partition("\n\n")
    head, ruler, *rows = cells(measured.splitlines())
    assert head[:4] == ["what", "rows", "Barhouse s", "rows/s"]
    assert {len(row) for row in [head, ruler, *rows]} == {9}
    assert all(float(row[2].replace(",", "")) > 0 for row in rows)
    by_name = {row[0]: row for row in rows}
    assert by_name["load: landed to aggregates"][1] == "9,360"
    assert by_name["load: landed to aggregates"][6].startswith("COPY ")
    assert by_name["restore of the minutes"][1] == "17,160"
    assert by_name["1 symbol, a year of minutes, through the lake"][1] == "3,900"
    assert by_name["4 symbols, a year of days, total return"][6].startswith("raw ")

    must_head, _, *goals = cells(must_hold.splitlines())
    assert must_head == ["must hold", "goal", "measured", "met"]
    assert len(goals) == 17
    assert {goal[3] for goal in goals} <= {"yes", "**no**", "not measured"}
    met = {goal[0]: goal[2:] for goal in goals}
    assert met["rows it writes to core"] == ["0", "yes"]
    assert met["days of 1 symbol, time : DuckDB"] == ["", "not measured"]
    assert "the peers are not installed" in told[0]

    with pytest.raises(BarhouseError, match="holds bars already"):
        measure(house.settings, "small", folder, told.append, rounds=1)


def test_a_wrong_answer_ends_the_run() -> None:
    from benchmarks.queries import medians

    with pytest.raises(BarhouseError, match=r"^Barhouse on 'bars': \[2\]; expected \[1\]\.$"):
        medians("bars", {"Barhouse": lambda: (0.1, [2])}, [1], rounds=5)
