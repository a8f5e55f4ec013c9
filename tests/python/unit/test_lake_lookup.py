"""Rows of partitions: few row groups for a symbol, one state of a partition, verified."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from test_lake_kit import DAY, MINUTES, data_of, put, rows

from barhouse.api.spans import joined, written
from barhouse.api.statements import narrowed
from barhouse.lake import LakeError, archive, files
from barhouse.lake.lookup import OtherStateError, Wanted, _groups, rows_of

COLUMNS = ("symbol", "bar_start_at", "close")


def wanted(symbol: str) -> Wanted:
    return Wanted((symbol,), COLUMNS, pc.field("symbol") == symbol)


def test_a_symbol_costs_its_row_groups_alone(tmp_path: Path) -> None:
    table = rows(40_000)
    manifest = put(tmp_path, data_of(tmp_path, table), table)
    metadata = pq.read_metadata(tmp_path / "bars_1m" / DAY.name / files.DATA)
    assert metadata.num_row_groups == 5
    assert list(_groups(metadata, ["S00020"])) == [2]
    assert list(_groups(metadata, ["S00000", "S00039"])) == [0, 4]
    assert list(_groups(metadata, ["AAPL", "ZZZ"])) == []
    seen = rows_of(tmp_path, MINUTES, [(DAY, manifest.sha256)], wanted("S00020"))
    assert seen.equals(table.filter(pc.field("symbol") == "S00020"))
    none = rows_of(tmp_path, MINUTES, [(DAY, manifest.sha256)], wanted("AAPL"))
    assert (none.num_rows, none.schema) == (0, table.schema)


def test_only_a_marked_partition_counts_as_archived(tmp_path: Path) -> None:
    table = rows(10)
    put(tmp_path, data_of(tmp_path, table), table)
    with pytest.raises(OtherStateError, match="is not marked as archived any more"):
        rows_of(tmp_path, MINUTES, [(DAY, None)], wanted("S00000"))
    archive(tmp_path, "bars_1m", [DAY], archived_at=datetime(2024, 1, 2, tzinfo=UTC))
    seen = rows_of(tmp_path, MINUTES, [(DAY, None)], wanted("S00000"))
    assert seen.num_rows == 10
    odd = Wanted(("S00000",), (*COLUMNS, "volume"), pc.field("symbol") == "S00000")
    with pytest.raises(LakeError, match="has no column volume; it was written by another version"):
        rows_of(tmp_path, MINUTES, [(DAY, None)], odd)
    with pytest.raises(OtherStateError, match="was written anew"):
        rows_of(tmp_path, MINUTES, [(DAY, "0" * 64)], wanted("S00000"))


def test_a_partition_that_is_replaced_meanwhile_is_one_or_the_other(tmp_path: Path) -> None:
    tables = [rows(3000, "1"), rows(3000, "2")]
    contents = [data_of(tmp_path, table) for table in tables]
    lake, is_over = tmp_path / "lake", threading.Event()
    manifests = [put(lake, contents[number], tables[number]) for number in (1, 0)][::-1]

    def replace_again_and_again() -> None:
        for number in range(1, 61):
            put(lake, contents[number % 2], tables[number % 2])
        is_over.set()

    writer = threading.Thread(target=replace_again_and_again)
    writer.start()
    seen = {0: 0, 1: 0}
    while not is_over.is_set():
        for number, manifest in enumerate(manifests):
            try:
                found = rows_of(lake, MINUTES, [(DAY, manifest.sha256)], wanted("S00001"))
            except OtherStateError:
                continue
            assert found.equals(tables[number].filter(pc.field("symbol") == "S00001"))
            seen[number] += 1
    writer.join()
    assert sum(seen.values()) > 0
    last = rows_of(lake, MINUTES, [(DAY, manifests[0].sha256)], wanted("S00002"))
    assert last.num_rows == 1000


def test_what_lies_elsewhere_is_cut_off_at_both_ends() -> None:
    days = [date(2024, 1, day) for day in range(1, 10)]
    spans = joined([(days[0], days[1]), (days[4], days[5]), (days[1], days[2])])
    first, hole = spans
    assert (first[0].day, first[1].day, hole[0].day, hole[1].day) == (1, 3, 5, 6)
    assert written([hole]) == "{[2024-01-05T00:00:00+00:00,2024-01-06T00:00:00+00:00)}"
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    late = datetime(2024, 1, 8, tzinfo=UTC)
    assert narrowed((noon, late), spans) == ((first[1], late), [hole])
    (start, end), holes = narrowed((noon, hole[0]), spans)
    assert (start, holes) == (first[1], [])
    assert end < hole[0]
    # All of it lies elsewhere: nothing is left to ask for.
    (start, end), holes = narrowed((noon, noon), spans)
    assert (start > end, end, holes) == (True, noon, [])
