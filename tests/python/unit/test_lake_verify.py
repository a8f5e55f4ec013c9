"""Verification: every way in which a partition can be wrong is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from test_lake_kit import DAY, data_of, put, rows

from barhouse.lake import Kind, LakeError, files, verify
from barhouse.lake.lock import is_locked, locked
from barhouse.lake.steps import temporary_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = rows(10)
    put(tmp_path / "lake", data_of(tmp_path, table), table)
    return tmp_path / "lake" / "bars_1m" / DAY.name


def _state(folder: Path, **change: object) -> None:
    path = folder / files.MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def _flip_a_byte(folder: Path) -> None:
    data = bytearray((folder / files.DATA).read_bytes())
    data[20] ^= 1
    (folder / files.DATA).write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "kinds"),
    [
        (lambda f: (f / files.DATA).unlink(), {Kind.MISSING_FILE}),
        (_flip_a_byte, {Kind.SHA256}),
        (lambda f: (f / files.DATA).write_bytes(b""), {Kind.SHA256, Kind.UNREADABLE}),
        (lambda f: (f / files.MANIFEST).write_text("{"), {Kind.MANIFEST}),
        (lambda f: _state(f, rows=11), {Kind.ROWS}),
        (lambda f: _state(f, time_max="2018-01-21T00:00:00+00:00"), {Kind.TIME_RANGE}),
        (lambda f: _state(f, time_column="made_up"), {Kind.UNREADABLE}),
        (lambda f: _state(f, dataset="bars_5m"), {Kind.MANIFEST}),
        (lambda f: (f / files.MANIFEST).unlink(), {Kind.ORPHAN}),
        (lambda f: (f / "copy.parquet").write_bytes(b"x"), {Kind.ORPHAN}),
        (lambda f: (f.parent / "stray.parquet").write_bytes(b"x"), {Kind.ORPHAN}),
    ],
)
def test_harm_is_found(folder: Path, harm: Callable[[Path], object], kinds: set[Kind]) -> None:
    harm(folder)
    problems = verify(folder.parents[1])
    assert kinds <= {problem.kind for problem in problems} <= kinds | {Kind.UNREADABLE}
    assert all(problem.path.startswith("bars_1m/") for problem in problems)


def test_a_problem_is_one_line(folder: Path) -> None:
    (folder / files.DATA).unlink()
    assert [str(problem) for problem in verify(folder.parents[1])] == [
        "bars_1m/date=2018-01-20/part.parquet: missing file: The manifest's data file is not there."
    ]


def test_a_lake_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="There is no lake at"):
        verify(tmp_path / "none")


def test_temporary_files_of_a_running_export_are_no_problem(folder: Path) -> None:
    temporary_path(folder / files.DATA).write_bytes(b"half")
    lake = folder.parents[1]
    assert [problem.kind for problem in verify(lake)] == [Kind.ORPHAN]
    with locked(lake):
        assert verify(lake) == []


def test_a_second_writer_is_refused_by_name_of_the_first(tmp_path: Path) -> None:
    with locked(tmp_path):
        assert is_locked(tmp_path)
        with pytest.raises(LakeError, match=r"Another export is writing to .* \(process \d+\)"):
            locked(tmp_path).__enter__()
    assert not is_locked(tmp_path)
    with locked(tmp_path):
        pass
