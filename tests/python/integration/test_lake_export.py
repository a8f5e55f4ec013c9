"""The export against a built warehouse: equal row for row, only what changed, whole after a kill.

The warehouse is only read. A change is played by a dataset whose relation is a select that differs
from the mart in one value or lacks some rows.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from barhouse.lake import (
    DATASETS,
    Action,
    Dataset,
    ExportReport,
    Kind,
    LakeError,
    Partition,
    archive,
    export,
    ls,
    release,
    verify,
)
from barhouse.lake.lock import locked
from barhouse.lake.partitions import parse_partition

MOMENT = datetime(2024, 1, 2, tzinfo=UTC)
NAMED = {dataset.name: dataset for dataset in DATASETS}
HOURS = NAMED["bars_4h"]


def run(
    url: str, lake_dir: Path, datasets: Sequence[Dataset] = (HOURS,), *, full: bool = False
) -> ExportReport:
    return export(url, lake_dir, exported_at=MOMENT, git_sha="abc", full=full, datasets=datasets)


def hashes(lake_dir: Path) -> dict[str, str]:
    return {
        str(path.relative_to(lake_dir)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in lake_dir.rglob("*.parquet")
    }


@pytest.fixture(scope="module")
def lake_dir(warehouse_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a lake with everything in it; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("whole") / "lake"
    report = run(warehouse_url, folder, DATASETS)
    assert (report.unchanged, report.removed) == (0, 0)
    assert report.written == len(ls(folder))
    return folder


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_the_lake_equals_the_mart_row_for_row(
    warehouse_url: str, lake_dir: Path, dataset: Dataset
) -> None:
    table = ds.dataset(lake_dir / dataset.name).to_table()
    with psycopg.connect(warehouse_url) as connection:
        connection.execute("set timezone = 'UTC'")
        cursor = connection.execute(f"select * from {dataset.relation}")
        names = [column.name for column in cursor.description or ()]
        expected = cursor.fetchall()
    assert table.column_names == names
    assert expected
    place = [names.index(name) for name in ("instrument_id", *dataset.order)]
    seen = list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def key(row: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(row[index] for index in place)

    # python compares decimals and floats by value, exactly
    assert sorted(seen, key=key) == sorted(expected, key=key)


def test_types_are_exact_and_rows_are_sorted(lake_dir: Path) -> None:
    for path in (lake_dir / "bars_1m").rglob("*.parquet"):
        table = ds.dataset(path).to_table()
        keys = list(
            zip(table["symbol"].to_pylist(), table["bar_start_at"].to_pylist(), strict=True)
        )
        assert keys == sorted(keys)
        assert {table.schema.field(name).type for name in ("open", "vwap", "volume")} == {
            pa.decimal128(38, 18)
        }
        assert str(table.schema.field("bar_start_at").type) == "timestamp[us, tz=UTC]"
        assert isinstance(table["close"][0].as_py(), Decimal)


def test_rows_lie_in_the_partition_of_their_utc_day(lake_dir: Path) -> None:
    for manifest in ls(lake_dir):
        partition = parse_partition(manifest.partition)
        assert partition is not None
        first, last = (date.fromisoformat(t[:10]) for t in (manifest.time_min, manifest.time_max))
        assert partition.start <= first <= last < partition.end


def test_the_lake_verifies_and_knows_its_bases(lake_dir: Path) -> None:
    assert verify(lake_dir) == []
    bases = {manifest.dataset: manifest.basis for manifest in ls(lake_dir)}
    assert bases.pop("bars_1d_adjusted") == "adjusted"
    assert bases.pop("bars_1d_split_adjusted") == "split_adjusted"
    assert set(bases.values()) == {"raw"}
    assert {manifest.git_sha for manifest in ls(lake_dir)} == {"abc"}


def test_a_second_export_writes_nothing_and_a_full_one_the_same_bytes(
    warehouse_url: str, lake_dir: Path
) -> None:
    before = hashes(lake_dir)
    report = run(warehouse_url, lake_dir, DATASETS)
    assert (report.written, report.removed) == (0, 0)
    assert report.rows == sum(manifest.rows for manifest in ls(lake_dir))
    report = run(warehouse_url, lake_dir, DATASETS, full=True)
    assert report.unchanged == 0
    assert hashes(lake_dir) == before


def test_a_changed_value_rewrites_only_its_partition(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    before, last = hashes(tmp_path), ls(tmp_path)[-1]
    names = [column.name for column in last.schema]
    one = f"case when bar_start_at = '{last.time_max}' then close + 1e-18 else close end as close"
    columns = ", ".join(one if name == "close" else name for name in names)
    changed = replace(HOURS, relation=f"(select {columns} from marts.bars_4h)")
    report = run(warehouse_url, tmp_path, [changed])
    written = [step.partition for step in report.steps if step.action is Action.WRITTEN]
    assert written == [last.partition]
    after = hashes(tmp_path)
    assert {path for path in after if after[path] != before[path]} == {
        f"bars_4h/{last.partition}/part.parquet"
    }
    assert verify(tmp_path) == []


def test_a_null_is_a_change(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    names = [column.name for column in ls(tmp_path)[0].schema]
    columns = ", ".join("null::numeric as close" if name == "close" else name for name in names)
    assert run(
        warehouse_url,
        tmp_path,
        [replace(HOURS, relation=f"(select {columns} from marts.bars_4h)")],
    ).written


def test_a_new_column_rewrites_everything(warehouse_url: str, tmp_path: Path) -> None:
    first = run(warehouse_url, tmp_path)
    wider = replace(HOURS, relation="(select *, null::text as note from marts.bars_4h)")
    assert run(warehouse_url, tmp_path, [wider]).written == first.written


def _in(partition: Partition) -> str:
    return f"bar_start_at >= '{partition.start}' and bar_start_at < '{partition.end}'"


def _without(partition: str, dataset: Dataset = HOURS) -> Dataset:
    found = parse_partition(partition)
    assert found is not None
    rest = f"bar_start_at < '{found.start}' or bar_start_at >= '{found.end}'"
    return replace(dataset, relation=f"(select * from {dataset.relation} where {rest})")


def test_a_partition_that_is_gone_is_removed(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    first = ls(tmp_path)[0].partition
    report = run(warehouse_url, tmp_path, [_without(first)])
    assert (report.written, report.removed) == (0, 1)
    assert first not in {manifest.partition for manifest in ls(tmp_path)}
    assert verify(tmp_path) == []
    assert run(warehouse_url, tmp_path).written == 1


def test_an_archived_partition_outlives_its_rows(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    before, first = hashes(tmp_path), ls(tmp_path)[0].partition
    partition = parse_partition(first)
    assert isinstance(partition, Partition)
    archive(tmp_path, "bars_4h", [partition], archived_at=MOMENT)
    # gone, or only a part of it there
    for rows in ("where false", "where symbol <> 'ETH/BTC'"):
        rest = f"select * from marts.bars_4h {rows} and {_in(partition)}"
        others = _without(first).relation.strip("()")
        dataset = replace(HOURS, relation=f"({others} union all {rest})")
        report = run(warehouse_url, tmp_path, [dataset], full=True)
        assert (report.archived, report.removed) == (1, 0)
    assert hashes(tmp_path) == before
    release(tmp_path, "bars_4h", [partition])
    assert run(warehouse_url, tmp_path, [_without(first)]).removed == 1


def test_an_archived_partition_whose_rows_are_back_is_archived_no_more(
    warehouse_url: str, tmp_path: Path
) -> None:
    run(warehouse_url, tmp_path)
    before = ls(tmp_path)
    partition = parse_partition(before[0].partition)
    assert isinstance(partition, Partition)
    (marked,) = archive(tmp_path, "bars_4h", [partition], archived_at=MOMENT)
    assert ls(tmp_path)[0] == marked != before[0]
    report = run(warehouse_url, tmp_path)
    assert (report.archived, report.written) == (0, 0)
    assert ls(tmp_path) == before


def test_an_empty_mart_does_not_empty_the_lake(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    before = hashes(tmp_path)
    empty = replace(HOURS, relation="(select * from marts.bars_4h where false)")
    with pytest.raises(LakeError, match="is empty but the lake holds"):
        run(warehouse_url, tmp_path, [empty])
    assert hashes(tmp_path) == before


@pytest.mark.parametrize("number", ["1e20", "1e-19", "'NaN'"])
def test_a_number_that_does_not_fit_stops_the_export(
    warehouse_url: str, tmp_path: Path, number: str
) -> None:
    odd = replace(
        HOURS,
        relation="(select symbol, bar_start_at, instrument_id, "
        f"{number}::numeric as close from marts.bars_4h)",
    )
    with pytest.raises(LakeError, match=r"bars_4h\.close in month=.* cannot hold exactly"):
        run(warehouse_url, tmp_path, [odd])
    assert list(tmp_path.rglob("*.parquet*")) == []


def test_lost_and_broken_files_are_written_again(warehouse_url: str, tmp_path: Path) -> None:
    run(warehouse_url, tmp_path)
    before = hashes(tmp_path)
    lost, cut, blind = sorted(tmp_path.rglob("*.parquet"))[:3]
    lost.unlink()
    cut.write_bytes(b"PAR1")
    (blind.parent / "_manifest.json").write_text("{")
    assert run(warehouse_url, tmp_path).written == 3
    assert (hashes(tmp_path), verify(tmp_path)) == (before, [])


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from barhouse.lake import DATASETS, export, files

calls = 0
real = os.fsync
def fsync(descriptor):
    global calls
    calls += 1
    if calls == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)
os.fsync = fsync
export(sys.argv[1], Path(sys.argv[2]), exported_at=datetime(2024, 1, 2, tzinfo=UTC), git_sha=None,
       full=True, datasets=[d for d in DATASETS if d.name == "bars_4h"])
"""


@pytest.mark.parametrize("call", [1, 2, 3, 4, 5, 6, 8, 12])
@pytest.mark.parametrize("is_new", [True, False])
def test_a_killed_export_is_repaired_by_the_next(
    warehouse_url: str, tmp_path: Path, call: int, is_new: bool
) -> None:
    lake = tmp_path / "lake"
    if not is_new:
        run(warehouse_url, lake)
    command = [sys.executable, "-c", KILLED, warehouse_url, str(lake), str(call)]
    ended = subprocess.run(command, check=False, capture_output=True)
    assert ended.returncode == -9, ended.stderr
    assert {problem.kind for problem in verify(lake)} <= {Kind.ORPHAN}
    run(warehouse_url, lake)
    assert verify(lake) == []
    fresh = tmp_path / "fresh"
    run(warehouse_url, fresh)
    assert hashes(lake) == hashes(fresh)


FULL = """
set -e
mount -t tmpfs -o size=600k tmpfs "$1"
cp -r "$2" "$1/lake"
"$3" -c "$4" "$5" "$1/lake"
cp -r "$1/lake" "$6"
"""
EXPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from barhouse.lake import DATASETS, LakeError, export

url, lake = sys.argv[1:]
moment = datetime(2024, 1, 2, tzinfo=UTC)
try:
    export(url, Path(lake), exported_at=moment, git_sha=None, full=True, datasets=DATASETS)
except LakeError as error:
    print(error)
"""


def test_a_disk_that_fills_is_one_sentence_and_costs_nothing(
    warehouse_url: str, tmp_path: Path
) -> None:
    namespace = ["unshare", "--user", "--map-root-user", "--mount"]
    allowed = subprocess.run([*namespace, "true"], check=False, capture_output=True)
    if allowed.returncode:
        pytest.skip("no disk of one's own can be mounted here")
    run(warehouse_url, tmp_path / "old", [HOURS])
    before = hashes(tmp_path / "old")
    disk, after = tmp_path / "disk", tmp_path / "after"
    disk.mkdir()
    given = [disk, tmp_path / "old", sys.executable, EXPORT, warehouse_url, after]
    command = [*namespace, "sh", "-c", FULL, "sh", *map(str, given)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"Cannot write {disk}/lake/")
    assert ended.stdout.endswith(": the disk is full; what the lake held there is as it was.\n")
    assert verify(after) == []
    assert hashes(after).items() >= before.items()


def test_two_exports_at_once_are_refused(warehouse_url: str, tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(LakeError, match="Another export is writing"):
        run(warehouse_url, tmp_path)


def test_a_database_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="Cannot connect to the database") as caught:
        run("postgresql://me:topsecret@127.0.0.1:1/none", tmp_path)
    assert "topsecret" not in str(caught.value)


def test_a_mart_that_is_not_built_is_named(warehouse_url: str, tmp_path: Path) -> None:
    missing = replace(HOURS, relation="marts.bars_of_nothing")
    with pytest.raises(LakeError, match=r"Cannot read bars_4h .* is the warehouse built"):
        run(warehouse_url, tmp_path, [missing])


def test_a_time_without_an_offset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="expected a time with an offset"):
        export("", tmp_path, exported_at=MOMENT.replace(tzinfo=None), git_sha=None)
