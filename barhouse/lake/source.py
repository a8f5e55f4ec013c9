"""The database's side: one read-only transaction, fingerprints and rows as Arrow.

A fingerprint is the row count and the sum of a 64-bit hash of every row, all columns included. The
sum does not care about order, so that PostgreSQL need not sort, and nothing is sent but one line per
partition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_postgresql import dbapi

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.numerics import DECIMAL, decimals_of
from barhouse.lake.partitions import Grain, Partition, unit_of

_AS_IS = (pa.string(), pa.int64(), pa.int32(), pa.date32(), pa.bool_(), pa.float64())
_INSTANT = pa.timestamp("us", tz="UTC")

# Row texts must not depend on how the role or the database is set up.
_SESSION = (
    "begin isolation level repeatable read read only",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO'",
    "set local extra_float_digits = 1",
    # enough to sort a week of minutes of some hundred symbols
    "set local work_mem = '128MB'",
)


@dataclass(frozen=True)
class Rows:
    """Some rows of a partition.

    Attributes:
        partition: Whose.
        batch: The rows, as the lake stores them.
        row_hash: The sum of their hashes; those of a whole partition give its fingerprint.
    """

    partition: Partition
    batch: pa.RecordBatch
    row_hash: int


class Source:
    """The marts as they were when the transaction began."""

    def __init__(self, cursor: dbapi.Cursor) -> None:
        """Read through an open transaction.

        Args:
            cursor: An ADBC cursor.
        """
        self._cursor = cursor

    def schema(self, dataset: Dataset) -> pa.Schema:
        """Return the columns of a dataset as the lake stores them.

        Raises:
            LakeError: The mart is missing, or has a column of a type the lake does not know.
        """
        statement = f"select * from {dataset.relation} as bars limit 0"  # noqa: S608 - our own names
        with self._reader(dataset, statement) as reader:
            fields = [pa.field(field.name, _stored_type(dataset, field)) for field in reader.schema]
        return pa.schema(fields)

    def counts(self, dataset: Dataset, schema: pa.Schema) -> dict[Partition, int]:
        """Return the row count of every partition that has rows, ordered by partition.

        Args:
            dataset: What to look at.
            schema: Its columns.
        """
        found = self._per_partition(dataset, schema, "count(*) as found", "true")
        return {partition: int(count) for partition, count in found.items()}

    def fingerprints(
        self, dataset: Dataset, schema: pa.Schema, partitions: Iterable[Partition]
    ) -> dict[Partition, str]:
        """Return what tells whether rows changed, for the partitions that have some.

        Args:
            dataset: What to look at.
            schema: Its columns.
            partitions: Which ones; best those that follow each other.
        """
        chosen = set(partitions)
        if not chosen:
            return {}
        # one pass over all between the first and the last: they are mostly all there are
        span = _within(dataset, min(chosen).start, max(chosen).end)
        value = f"count(*)::text || ':' || sum({_row_hash(schema)}::numeric)::text as found"
        found = self._per_partition(dataset, schema, value, span)
        return {partition: text for partition, text in found.items() if partition in chosen}

    def rows(
        self, dataset: Dataset, schema: pa.Schema, partitions: Sequence[Partition]
    ) -> Iterator[Rows]:
        """Yield the rows of partitions, each sorted by symbol (bytewise) and the dataset's order.

        Args:
            dataset: What to read.
            schema: Its columns.
            partitions: Which ones, in their order.

        Raises:
            LakeError: A number does not fit into 38 digits, 18 of them decimals.
        """
        for span in _read_at_once(partitions):
            statement = f"""
                select {_sent_columns(schema)}, {_row_hash(schema)} as row_hash
                from (
                    select *
                    from {dataset.relation} as bars
                    where {_within(dataset, span[0].start, span[-1].end)}
                    order by {_order(dataset, schema, span)}
                    -- what is sent is rendered after the sort
                    offset 0
                ) as bars
            """  # noqa: S608 - our own names, dates and the mart's quoted columns
            wanted = set(span)
            with self._reader(dataset, statement) as reader:
                for batch in reader:
                    for partition, part in _cut(dataset, batch, span):
                        if partition in wanted:
                            yield _received(dataset, partition, schema, part)

    def _per_partition(
        self, dataset: Dataset, schema: pa.Schema, value: str, condition: str
    ) -> dict[Partition, Any]:
        unit = unit_of(dataset.grain)
        statement = f"""
            select
                date_trunc('{unit}', {_day(dataset, schema)}::timestamp)::date as start_date,
                {value}
            from {dataset.relation} as bars
            where {condition}
            group by start_date
            order by start_date
        """  # noqa: S608 - our own names and the mart's quoted columns
        with self._reader(dataset, statement) as reader:
            found = reader.read_all().to_pylist()
        return {Partition(dataset.grain, row["start_date"]): row["found"] for row in found}

    @contextmanager
    def _reader(self, dataset: Dataset, statement: str) -> Iterator[pa.RecordBatchReader]:
        try:
            self._cursor.execute(statement)
            with self._cursor.fetch_record_batch() as reader:
                yield reader
        except (AdbcError, pa.ArrowException, OSError) as error:
            raise LakeError(
                f"Cannot read {dataset.name} from the database: {_sentence(error)}; "
                "is the warehouse built, and may this role read marts?"
            ) from error


@contextmanager
def open_source(database_url: str) -> Iterator[Source]:
    """Connect and begin the one transaction that an export reads from.

    Args:
        database_url: Such as ``postgresql://user:password@host:5432/bars``.

    Raises:
        LakeError: The database does not answer.
    """
    try:
        connection = dbapi.connect(database_url, autocommit=True)
    except AdbcError as error:
        raise LakeError(
            f"Cannot connect to the database: {_without_password(error, database_url)}."
        ) from error
    with connection, connection.cursor() as cursor:
        try:
            for statement in _SESSION:
                cursor.execute(statement)
        except AdbcError as error:
            raise LakeError(f"Cannot begin to read the database: {_sentence(error)}.") from error
        yield Source(cursor)


def _columns(schema: pa.Schema) -> str:
    return ", ".join(_quoted(name) for name in schema.names)


def _sent_columns(schema: pa.Schema) -> str:
    return ", ".join(
        f"numeric_send({_quoted(field.name)}) as {_quoted(field.name)}"
        if field.type == DECIMAL
        else _quoted(field.name)
        for field in schema
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _stored_type(dataset: Dataset, field: pa.Field) -> pa.DataType:
    kind = field.type
    if isinstance(kind, pa.OpaqueType) and kind.type_name == "numeric":
        return DECIMAL
    if kind in _AS_IS or kind == _INSTANT:
        return kind
    raise LakeError(
        f"{dataset.name}.{field.name} has the type {kind}; expected text, integer, bigint, "
        "numeric, double precision, boolean, date or timestamptz."
    )


def _received(
    dataset: Dataset, partition: Partition, schema: pa.Schema, batch: pa.RecordBatch
) -> Rows:
    arrays = []
    for field, array in zip(schema, batch.columns, strict=False):
        if field.type != DECIMAL:
            arrays.append(array)
            continue
        try:
            arrays.append(decimals_of(array))
        except pa.ArrowInvalid as error:
            raise LakeError(
                f"{dataset.name}.{field.name} in {partition.name} has a number that numeric(38,18) "
                f"cannot hold exactly: {_sentence(error)}."
            ) from error
    hashes = batch.column(len(schema)).to_numpy()
    # in halves: the sum of many 64-bit numbers needs more than 64 bits
    row_hash = (int((hashes >> 32).sum()) << 32) + int((hashes & 0xFFFFFFFF).sum())
    return Rows(partition, pa.RecordBatch.from_arrays(arrays, schema=schema), row_hash)


def _read_at_once(partitions: Sequence[Partition]) -> Iterator[list[Partition]]:
    # Days are read by the week, as the hypertable keeps them: a compressed chunk that is read day
    # by day is unpacked each time.
    for _, span in groupby(partitions, _week):
        yield list(span)


def _week(partition: Partition) -> date:
    if partition.grain is not Grain.DAY:
        return partition.start
    return partition.start - (partition.start - date(1970, 1, 1)) % timedelta(days=7)


def _cut(
    dataset: Dataset, batch: pa.RecordBatch, span: Sequence[Partition]
) -> Iterator[tuple[Partition, pa.RecordBatch]]:
    if len(span) == 1:
        yield span[0], batch
        return
    days = batch.column(dataset.time_column).cast(pa.timestamp("us")).cast(pa.date32(), safe=False)
    numbers = days.cast(pa.int32()).to_numpy()
    bounds = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    for start, end in pairwise(bounds):
        day = date(1970, 1, 1) + timedelta(days=int(numbers[start]))
        yield Partition(Grain.DAY, day), batch.slice(start, end - start)


def _order(dataset: Dataset, schema: pa.Schema, span: Sequence[Partition]) -> str:
    # The instrument last: two may have had one symbol, and the order must not depend on luck.
    order = f'symbol collate "C", {", ".join(dataset.order)}, instrument_id'
    return f"{_day(dataset, schema)}, {order}" if len(span) > 1 else order


def _day(dataset: Dataset, schema: pa.Schema) -> str:
    time = dataset.time_column
    return f"({time} at time zone 'UTC')::date" if schema.field(time).type == _INSTANT else time


def _within(dataset: Dataset, start: date, end: date) -> str:
    return f"{dataset.time_column} >= '{start}' and {dataset.time_column} < '{end}'"


def _row_hash(schema: pa.Schema) -> str:
    return f"hash_record_extended(row({_columns(schema)}), 0)"


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")


def _without_password(error: Exception, database_url: str) -> str:
    text = _sentence(error).replace(database_url, "the database URL")
    try:
        password = urlsplit(database_url).password
    except ValueError:
        return "the database URL cannot be read"
    return text.replace(password, "***") if password and len(password) > 3 else text
