"""Parquet to chunks: typed columns become texts that keep every digit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from extract.sources._files import zones
from extract.sources._files.chunks import Chunk, FileError, shown
from extract.sources._files.csv_layout import missing_column
from extract.sources._files.entry import FileEntry
from extract.sources._files.numbers import rounded_float

_ROWS: Final = 65_536
_BEYOND_18_DECIMALS: Final = r"[eE]-|\.[0-9]{19}"


def read_parquet(path: Path, entry: FileEntry) -> Iterator[Chunk]:
    """Read a Parquet file in chunks.

    Args:
        path: The file.
        entry: Its description.

    Raises:
        FileError: The file is not Parquet, or a mapped column is missing or of no use.
    """
    try:
        with pq.ParquetFile(path) as file:
            _check(file.schema_arrow, entry)
            wanted = sorted({str(theirs) for theirs in entry.columns.values()})
            first = 1
            for batch in file.iter_batches(batch_size=_ROWS, columns=wanted):
                yield _chunk(batch, entry, first)
                first += len(batch)
    except (pa.ArrowException, OSError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(f"The file cannot be read as Parquet: {what[:200].rstrip('.')}.") from error


def _check(schema: pa.Schema, entry: FileEntry) -> None:
    for ours, theirs in entry.columns.items():
        name = str(theirs)
        found = schema.names.count(name)
        if not found:
            raise FileError(missing_column(name, ours, schema.names, "the file"))
        if found > 1:
            raise FileError(f"The file has the column {shown(name)} {found} times; expected once.")
        kind = schema.field(name).type
        if not _readable(kind):
            raise FileError(f"The column {shown(name)} is {kind}; expected {_expected(ours)}.")


def _readable(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _readable(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_date(kind)
        or pa.types.is_null(kind)
    )


def _expected(ours: str) -> str:
    if ours in ("time", "date"):
        return "a timestamp, a date, a whole number or a text"
    return "a text" if ours == "symbol" else "a number or a text"


def _chunk(batch: pa.RecordBatch, entry: FileEntry, first: int) -> Chunk:
    columns = {
        ours: _texts(batch.column(str(theirs)), as_written=ours == "date")
        for ours, theirs in entry.columns.items()
    }
    time_kind = batch.schema.field(str(entry.columns[entry.time_column])).type

    def record(row: int) -> str:
        values = batch.slice(row, 1).to_pylist()[0]
        return json.dumps(values, default=str, ensure_ascii=False)

    return Chunk(
        columns=columns,
        lines=np.arange(first, first + len(batch), dtype=np.int64),
        record=record,
        iso_times=pa.types.is_timestamp(time_kind) or pa.types.is_date(time_kind),
    )


def _texts(column: pa.Array, *, as_written: bool) -> pa.StringArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        column = _moments(column, as_written=as_written)
    if pa.types.is_float16(kind):
        column = column.cast(pa.float32())
    texts = column.cast(pa.string())
    return _rounded(texts) if pa.types.is_floating(kind) else texts


# Instants in UTC; for a date column the wall time in the column's own zone.
def _moments(column: pa.TimestampArray, *, as_written: bool) -> pa.TimestampArray:
    zone = column.type.tz
    try:
        column = column.cast(pa.timestamp("us", "UTC" if zone else None))
    except pa.ArrowInvalid:  # finer than a microsecond: the texts tell which rows are
        return column.cast(pa.timestamp(column.type.unit, "UTC" if zone else None))
    if not zone or not as_written:
        return column
    instants = pc.fill_null(column.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    local = zones.to_local(instants, pa.lib.string_to_tzinfo(zone))
    return pa.array(
        local.view("datetime64[us]"),
        mask=column.is_null().to_numpy(zero_copy_only=False),
        type=pa.timestamp("us"),
    )


# Digits of a binary float beyond 18 decimals are its noise.
def _rounded(texts: pa.StringArray) -> pa.StringArray:
    long = pc.fill_null(pc.match_substring_regex(texts, _BEYOND_18_DECIMALS), fill_value=False)
    if not pc.any(long, min_count=0).as_py():
        return texts
    replaced = [rounded_float(text) for text in texts.filter(long).to_pylist()]
    return pc.replace_with_mask(texts, long, pa.array(replaced, pa.string()))
