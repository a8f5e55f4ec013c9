"""The data file: equal rows give equal bytes, row groups are bounded, numbers are exact."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from test_lake_kit import DAY, MINUTES, SCHEMA, data_of, put, rows

from barhouse.lake.parquet import MOST_ROWS, write_parquet


def _sha(path: Path, batches: list[pa.RecordBatch]) -> str:
    with path.open("w+b") as file:
        extent = write_parquet(file, MINUTES, SCHEMA, batches)
    assert extent.rows == sum(batch.num_rows for batch in batches)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("size", [7_001, 65_536, 200_000, 300_000])
def test_bytes_do_not_depend_on_how_the_rows_arrive(tmp_path: Path, size: int) -> None:
    table = rows(300_000)
    whole = _sha(tmp_path / "a", table.combine_chunks().to_batches())
    assert _sha(tmp_path / "b", table.to_batches(max_chunksize=size)) == whole


def test_another_value_gives_other_bytes(tmp_path: Path) -> None:
    assert _sha(tmp_path / "a", rows(9, "1").to_batches()) != _sha(
        tmp_path / "b", rows(9, "2").to_batches()
    )


def test_row_groups_are_bounded_and_have_statistics(tmp_path: Path) -> None:
    _sha(tmp_path / "a", rows(300_000).to_batches(max_chunksize=10_000))
    metadata = pq.ParquetFile(tmp_path / "a").metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    # 1,000 rows a symbol: the first end of a symbol from 8,192 rows on
    assert [group.num_rows for group in groups] == [*[9_000] * 33, 3_000]
    bounds = [(g.column(0).statistics.min, g.column(0).statistics.max) for g in groups]
    assert bounds[:2] == [("S00000", "S00008"), ("S00009", "S00017")]
    assert {groups[0].column(number).compression for number in range(3)} == {"ZSTD"}


def test_a_long_symbol_has_row_groups_of_its_own(tmp_path: Path) -> None:
    symbols = ["A"] * 9 + ["B"] * 300_000 + ["C"]
    table = rows(len(symbols)).set_column(0, "symbol", pa.array(symbols))
    _sha(tmp_path / "a", table.to_batches(max_chunksize=50_001))
    metadata = pq.ParquetFile(tmp_path / "a").metadata
    sizes = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
    assert sizes == [MOST_ROWS, MOST_ROWS, 300_009 - 2 * MOST_ROWS, 1]


def test_decimals_are_exact_and_the_basis_is_named(tmp_path: Path) -> None:
    number = "12345678901234567890.123456789012345678"
    _sha(tmp_path / "a", rows(1, number).to_batches())
    read = pq.read_table(tmp_path / "a")
    assert read["close"][0].as_py() == Decimal(number)
    assert str(read.schema.field("bar_start_at").type) == "timestamp[us, tz=UTC]"
    assert read.schema.metadata[b"barhouse.basis"] == b"raw"


def test_a_dataset_folder_opens_as_hive_partitions(tmp_path: Path) -> None:
    table = rows(10)
    put(tmp_path / "lake", data_of(tmp_path, table), table)
    opened = ds.dataset(tmp_path / "lake" / "bars_1m", partitioning="hive")
    assert opened.to_table(filter=ds.field("date") == "2018-01-20").num_rows == 10
    assert DAY.name == "date=2018-01-20"
