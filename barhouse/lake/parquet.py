"""The data file: record batches to Parquet, so that equal rows give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError

# Small enough to skip most symbols of a large day, large enough to compress.
ROW_GROUP_ROWS = 128 * 1024


@dataclass(frozen=True)
class Extent:
    """What a data file holds.

    Attributes:
        rows: How many rows.
        time_min: Smallest value of the time column; ``None`` without rows.
        time_max: Largest value of the time column.
    """

    rows: int
    time_min: date | None
    time_max: date | None


def write_parquet(
    file: BinaryIO, dataset: Dataset, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Extent:
    """Write one data file.

    Row groups are cut by row count alone, whatever the size of the batches that arrive, and nothing
    that changes from run to run (an instant, a version) goes into the file.

    Args:
        file: Where to write; stays open.
        dataset: What it is; named in the file's metadata.
        schema: Columns of the batches.
        batches: Sorted by symbol and time.

    Returns:
        What was written.
    """
    named = schema.with_metadata(
        {"barhouse.dataset": dataset.name, "barhouse.basis": dataset.basis}
    )
    sorting = [
        pq.SortingColumn(schema.get_field_index(name)) for name in ("symbol", dataset.time_column)
    ]
    extent = Extent(0, None, None)
    with pq.ParquetWriter(
        file,
        named,
        compression="zstd",
        compression_level=9,
        use_dictionary=True,
        write_statistics=True,
        write_page_index=True,
        sorting_columns=sorting,
    ) as writer:
        for table in _row_groups(schema, batches):
            writer.write_table(table.cast(named), row_group_size=ROW_GROUP_ROWS)
            extent = _grown(extent, table.column(dataset.time_column))
    return extent


def read_extent(file: BinaryIO, time_column: str) -> Extent:
    """Read what a data file holds, from the data, not from its statistics.

    Args:
        file: An open Parquet file.
        time_column: Name of the time column.

    Returns:
        What is in it.

    Raises:
        LakeError: It is not Parquet, or has no such column.
    """
    try:
        parquet = pq.ParquetFile(file)
        if time_column not in parquet.schema_arrow.names:
            raise LakeError(f"has no column {time_column}")
        extent = Extent(0, None, None)
        for batch in parquet.iter_batches(columns=[time_column]):
            extent = _grown(extent, batch.column(0))
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"cannot be read as Parquet: {error}") from error
    return extent


def _row_groups(schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        pending.append(batch)
        rows += batch.num_rows
        while rows >= ROW_GROUP_ROWS:
            table = pa.Table.from_batches(pending, schema)
            yield table.slice(0, ROW_GROUP_ROWS).combine_chunks()
            pending = table.slice(ROW_GROUP_ROWS).to_batches()
            rows -= ROW_GROUP_ROWS
    if rows:
        yield pa.Table.from_batches(pending, schema).combine_chunks()


def _grown(extent: Extent, column: pa.Array | pa.ChunkedArray) -> Extent:
    bounds = pc.min_max(column)
    known = [extent.time_min, extent.time_max, bounds["min"].as_py(), bounds["max"].as_py()]
    values = [value for value in known if value is not None]
    return Extent(extent.rows + len(column), min(values, default=None), max(values, default=None))
