"""Rows on their way from the database: what SQL is asked for, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np
import pyarrow as pa

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.numerics import DECIMAL, decimals_of
from barhouse.lake.partitions import AnyPartition, Grain, Partition

INSTANT = pa.timestamp("us", tz="UTC")
_AS_IS = (pa.string(), pa.int64(), pa.int32(), pa.date32(), pa.bool_(), pa.float64())


@dataclass(frozen=True)
class Rows:
    """Some rows of a partition.

    Attributes:
        partition: Whose.
        batch: The rows, as the lake stores them.
    """

    partition: AnyPartition
    batch: pa.RecordBatch


def columns(schema: pa.Schema) -> str:
    """Return the columns as a list in SQL."""
    return ", ".join(_quoted(name) for name in schema.names)


def sent_columns(schema: pa.Schema) -> str:
    """Return the same list with numbers as the bytes that ``numerics`` reads."""
    return ", ".join(
        f"numeric_send({_quoted(field.name)}) as {_quoted(field.name)}"
        if field.type == DECIMAL
        else _quoted(field.name)
        for field in schema
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def stored_type(dataset: Dataset, field: pa.Field) -> pa.DataType:
    """Return as what the lake stores a column.

    Raises:
        LakeError: It has a type that the lake does not know.
    """
    kind = field.type
    if isinstance(kind, pa.OpaqueType) and kind.type_name == "numeric":
        return DECIMAL
    if kind in _AS_IS or kind == INSTANT:
        return kind
    raise LakeError(
        f"{dataset.name}.{field.name} has the type {kind}; expected text, integer, bigint, "
        "numeric, double precision, boolean, date or timestamptz."
    )


def received(
    dataset: Dataset, partition: AnyPartition, schema: pa.Schema, batch: pa.RecordBatch
) -> Rows:
    """Return a batch of the database as the lake stores it.

    Args:
        dataset: What was read.
        partition: Which part.
        schema: Its columns.
        batch: As the driver gave it.

    Raises:
        LakeError: A number does not fit into 38 digits, 18 of them decimals.
    """
    arrays = []
    for field, array in zip(schema, batch.columns, strict=True):
        if field.type != DECIMAL:
            arrays.append(array)
            continue
        try:
            arrays.append(decimals_of(array))
        except pa.ArrowInvalid as error:
            raise LakeError(
                f"{dataset.name}.{field.name} in {partition.name} has a number that numeric(38,18) "
                f"cannot hold exactly: {sentence(error)}."
            ) from error
    return Rows(partition, pa.RecordBatch.from_arrays(arrays, schema=schema))


def read_at_once(partitions: Sequence[Partition]) -> Iterator[list[Partition]]:
    """Yield the partitions in groups that one query reads."""
    # Days are read by the week, as the hypertable keeps them: a compressed chunk that is read day
    # by day is unpacked each time.
    for _, span in groupby(partitions, _week):
        yield list(span)


def _week(partition: Partition) -> date:
    if partition.grain is not Grain.DAY:
        return partition.start
    return partition.start - (partition.start - date(1970, 1, 1)) % timedelta(days=7)


def cut(
    dataset: Dataset, batch: pa.RecordBatch, span: Sequence[Partition]
) -> Iterator[tuple[Partition, pa.RecordBatch]]:
    """Yield the parts of a batch, by the partition they belong to."""
    if len(span) == 1:
        yield span[0], batch
        return
    days = batch.column(dataset.time_column).cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    numbers = days.cast(pa.int32()).to_numpy()
    bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, end in pairwise(bounds):
        day = date(1970, 1, 1) + timedelta(days=int(numbers[start]))
        yield Partition(Grain.DAY, day), batch.slice(start, end - start)


def order_of(dataset: Dataset, schema: pa.Schema, span: Sequence[Partition]) -> str:
    """Return in which order the rows of some partitions are read."""
    # The instrument last: two may have had one symbol, and the order must not depend on luck.
    order = f'symbol collate "C", {", ".join(dataset.order)}, instrument_id'
    return f"{day_of(dataset, schema)}, {order}" if len(span) > 1 else order


def day_of(dataset: Dataset, schema: pa.Schema) -> str:
    """Return the UTC day of a row as SQL."""
    time = dataset.time_column
    return f"({time} at time zone 'UTC')::date" if schema.field(time).type == INSTANT else time


def within(dataset: Dataset, start: date, end: date) -> str:
    """Return the SQL predicate of a range of days, the last one left out."""
    return f"{dataset.time_column} >= '{start}' and {dataset.time_column} < '{end}'"


def fingerprint_of(schema: pa.Schema) -> str:
    """Return the aggregate that tells whether rows changed, all columns included, as SQL."""
    return (
        "count(*)::text || ':'"
        f" || coalesce(sum(hash_record_extended(row({columns(schema)}), 0)), 0)::text"
    )


def rows_in(fingerprint: str) -> int:
    """Return of how many rows a fingerprint is."""
    return int(fingerprint.partition(":")[0])


def versions_of(table: str) -> str:
    """Return the statement that sums up by month which bars a table of core holds.

    Args:
        table: SQL expression, its qualified name as a text.
    """
    return (
        "select month_start_date, count(*) || ':'"
        " || sum(hashtextextended(concat_ws(' ', instrument_id, version_id), 0)::numeric)"
        " as version"
        f" from ops.bar_versions where relation_name = {table} group by month_start_date"
    )


def sentence(error: Exception) -> str:
    """Return what an exception says in one line."""
    return " ".join(str(error).split())[:300].rstrip(".")
