"""Replacing and removing a partition: old or new at any instant, never half, never both."""

from __future__ import annotations

import errno
import os
import resource
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from test_lake_kit import DAY, MINUTES, data_of, killed_at_line, put, rows

from barhouse.lake import Kind, LakeError, Partition, archive, files, ls, verify
from barhouse.lake.archive import release

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

MODULES = ["lake/files.py", "lake/steps.py", "lake/archive.py"]


def test_a_published_partition_holds_one_data_file_and_its_manifest(tmp_path: Path) -> None:
    table = rows(10)
    manifest = put(tmp_path / "lake", data_of(tmp_path, table), table)
    folder = tmp_path / "lake" / "bars_1m" / "date=2018-01-20"
    assert sorted(path.name for path in folder.iterdir()) == ["_manifest.json", "part.parquet"]
    assert ls(tmp_path / "lake") == [manifest]
    assert verify(tmp_path / "lake") == []


def test_a_kill_at_any_line_of_a_replacement_leaves_old_or_new(tmp_path: Path) -> None:
    old, new = rows(10, "1"), rows(20, "2")
    old_data, new_data = data_of(tmp_path, old), data_of(tmp_path, new)
    seen = set()
    for line in count():
        lake = tmp_path / f"lake{line}"
        before = put(lake, old_data, old)
        was_killed = killed_at_line(line, MODULES, lambda lake=lake: put(lake, new_data, new))
        folder = lake / MINUTES.name / DAY.name
        # whoever reads by a glob finds one whole file
        assert [path.name for path in folder.glob("*.parquet")] == [files.DATA]
        held = (folder / files.DATA).read_bytes()
        assert held in (old_data, new_data)
        # whoever asks for the manifest gets the one of that file
        (manifest,) = ls(lake)
        assert (manifest == before) == (held == old_data)
        assert {problem.kind for problem in verify(lake)} <= {Kind.ORPHAN}
        seen.add(manifest.rows)
        # what was begun is finished or undone
        files.settle(folder)
        assert verify(lake) == []
        assert ls(lake) == [manifest]
        put(lake, new_data, new)
        assert (verify(lake), ls(lake)[0].rows) == ([], 20)
        if not was_killed:
            break
    assert line > 30
    assert seen == {10, 20}


def test_a_kill_at_any_line_of_a_first_write_leaves_nothing_or_all(tmp_path: Path) -> None:
    table = rows(10)
    data = data_of(tmp_path, table)
    for line in count():
        lake = tmp_path / f"lake{line}"
        lake.mkdir()
        was_killed = killed_at_line(line, MODULES, lambda lake=lake: put(lake, data, table))
        assert {problem.kind for problem in verify(lake)} <= {Kind.ORPHAN}
        assert bool(ls(lake)) == bool(list(lake.glob("**/*.parquet")))
        if not was_killed:
            break
    assert line > 30


def test_a_kill_at_any_line_of_a_removal_leaves_all_or_nothing(tmp_path: Path) -> None:
    table = rows(10)
    data = data_of(tmp_path, table)
    for line in count():
        lake = tmp_path / f"lake{line}"
        put(lake, data, table)
        folder = lake / MINUTES.name / DAY.name
        was_killed = killed_at_line(
            line, MODULES, lambda f=folder, lake=lake: files.remove(f, lake / files.TRASH)
        )
        visible = list((lake / MINUTES.name).glob("**/*.parquet"))
        assert len(ls(lake)) == len(visible)
        assert {problem.kind for problem in verify(lake)} <= {Kind.ORPHAN}
        if not was_killed:
            break
    assert visible == []


def test_a_kill_at_any_line_of_archiving_leaves_a_whole_manifest(tmp_path: Path) -> None:
    table = rows(10)
    data = data_of(tmp_path, table)
    moment = rows(1).column("bar_start_at")[0].as_py()
    for line in count():
        lake = tmp_path / f"lake{line}"
        put(lake, data, table)
        was_killed = killed_at_line(
            line, MODULES, lambda lake=lake: archive(lake, "bars_1m", [DAY], archived_at=moment)
        )
        assert len(ls(lake)) == 1
        assert {problem.kind for problem in verify(lake)} <= {Kind.ORPHAN}
        if not was_killed:
            break
    assert ls(lake)[0].archived_at == "2018-01-20T00:00:00+00:00"


def test_archiving_refuses_what_is_not_proven(tmp_path: Path) -> None:
    table = rows(10)
    put(tmp_path, data_of(tmp_path, table), table)
    (tmp_path / "bars_1m" / DAY.name / files.DATA).write_bytes(b"rotten")
    with pytest.raises(LakeError, match="cannot be archived: The hash is"):
        archive(tmp_path, "bars_1m", [DAY], archived_at=table["bar_start_at"][0].as_py())
    with pytest.raises(LakeError, match="holds no partition"):
        release(tmp_path, "bars_5m", [DAY])


def test_a_full_disk_is_one_sentence_and_keeps_the_old_partition(tmp_path: Path) -> None:
    old, new = rows(10), rows(100_000)
    lake = tmp_path / "lake"
    before = put(lake, data_of(tmp_path, old), old)
    new_data = data_of(tmp_path, new)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(LakeError) as caught:
            put(lake, new_data, new)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(caught.value) == (
        f"Cannot write {lake}/bars_1m/date=2018-01-20/part.parquet: the disk is full; "
        "what the lake held there is as it was."
    )
    assert (verify(lake), ls(lake)) == ([], [before])


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_a_failing_disk_leaves_no_temporary_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    table = rows(10)
    lake = tmp_path / "lake"
    before = put(lake, data_of(tmp_path, table), table)

    def fail(*_: object) -> None:
        raise OSError(errno.EIO if failing == "fsync" else errno.ENOSPC, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail) if failing == "fsync" else patch.setattr(
            files, "write_manifest", fail
        )
        with pytest.raises(LakeError, match=r"input/output error|disk is full"):
            put(lake, b"other", table)
    assert (verify(lake), ls(lake)) == ([], [before])


def test_a_file_in_place_of_the_lake_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("no folder")
    table = rows(1)
    with pytest.raises(LakeError, match=r"^Cannot write .*: not a directory; "):
        put(tmp_path / "lake", b"x", table)


def test_removing_leaves_what_others_put_there(tmp_path: Path) -> None:
    table = rows(10)
    put(tmp_path, data_of(tmp_path, table), table)
    folder = tmp_path / "bars_1m" / DAY.name
    (folder / "notes.txt").write_text("mine")
    files.remove(folder, tmp_path / files.TRASH)
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_an_announced_manifest_that_is_broken_is_dropped(tmp_path: Path) -> None:
    table = rows(10)
    before = put(tmp_path, data_of(tmp_path, table), table)
    folder = tmp_path / "bars_1m" / DAY.name
    (folder / files.NEXT).write_text("{")
    files.settle(folder)
    assert ls(tmp_path) == [before]


def test_partitions_of_a_new_dataset_are_written_side_by_side(tmp_path: Path) -> None:
    table = rows(1)
    data = data_of(tmp_path, table)
    days = [Partition(DAY.grain, DAY.start + timedelta(days=number)) for number in range(8)]
    for number in range(10):
        lake = tmp_path / f"lake{number}"
        with ThreadPoolExecutor(8) as writers:
            list(writers.map(lambda day, lake=lake: put(lake, data, table, day), days))
        assert len(ls(lake)) == 8
