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
from barhouse.lake.numerics import DECIMAL

# A row group ends with a symbol as soon as it has so many rows, so that who reads one symbol skips
# most of the others ...
ROW_GROUP_ROWS = 8 * 1024
# ... and a symbol with more rows than this has several.
MOST_ROWS = 128 * 1024


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

    Row groups are cut where the symbol changes, whatever the size of the batches that arrive, and
    nothing that changes from run to run (an instant, a version) goes into the file.

    Args:
        file: Where to write; stays open.
        dataset: What it is; named in the file's metadata.
        schema: Columns of the batches.
        batches: Sorted by symbol and the order of the dataset.

    Returns:
        What was written.
    """
    named = schema.with_metadata(
        {"barhouse.dataset": dataset.name, "barhouse.basis": dataset.basis}
    )
    sorting = [
        pq.SortingColumn(schema.get_field_index(name))
        for name in (dataset.symbol_column, *dataset.order)
    ]
    extent = Extent(0, None, None)
    with pq.ParquetWriter(
        file,
        named,
        compression="zstd",
        # a higher level takes longer and saves nothing
        compression_level=1,
        # prices hardly repeat: a dictionary would only cost time, and bytes
        use_dictionary=[field.name for field in schema if field.type != DECIMAL],
        write_statistics=True,
        write_page_index=True,
        sorting_columns=sorting,
    ) as writer:
        for table in _row_groups(dataset.symbol_column, schema, batches):
            writer.write_table(table.cast(named), row_group_size=MOST_ROWS)
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
            raise LakeError(f"has no column {time_column}.")
        extent = Extent(0, None, None)
        for batch in parquet.iter_batches(columns=[time_column]):
            extent = _grown(extent, batch.column(0))
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"cannot be read as Parquet: {str(error).rstrip('.')}.") from error
    return extent


def _row_groups(
    symbol: str, schema: pa.Schema, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.Table]:
    pending = schema.empty_table()
    for batch in batches:
        pending = pa.concat_tables([pending, pa.Table.from_batches([batch], schema)])
        while pending.num_rows > ROW_GROUP_ROWS and (cut := _cut(pending.column(symbol))):
            yield pending.slice(0, cut).combine_chunks()
            pending = pending.slice(cut)
    if pending.num_rows:
        yield pending.combine_chunks()


def _cut(symbols: pa.ChunkedArray) -> int | None:
    # Where the symbol of the last row that must be in the group ends; None when it goes on here.
    following = symbols.slice(ROW_GROUP_ROWS - 1, MOST_ROWS - ROW_GROUP_ROWS + 1)
    same = pc.equal(following, following[0])
    other = pc.index(same, value=False).as_py()
    if other >= 0:
        return ROW_GROUP_ROWS - 1 + int(other)
    return MOST_ROWS if len(symbols) >= MOST_ROWS else None


def _grown(extent: Extent, column: pa.Array | pa.ChunkedArray) -> Extent:
    bounds = pc.min_max(column)
    known = [extent.time_min, extent.time_max, bounds["min"].as_py(), bounds["max"].as_py()]
    values = [value for value in known if value is not None]
    return Extent(extent.rows + len(column), min(values, default=None), max(values, default=None))
