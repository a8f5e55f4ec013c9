"""The database's side: one read-only transaction, fingerprints and rows as Arrow.

A fingerprint is the row count and the sum of a 64-bit hash of every row's text, all columns
included. The sum does not care about order, so that PostgreSQL need not sort, and nothing is sent
but one line per partition.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_postgresql import dbapi

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.partitions import Partition, unit_of

DECIMAL = pa.decimal128(38, 18)
_AS_IS = (pa.string(), pa.int64(), pa.date32(), pa.bool_(), pa.float64())
_INSTANT = pa.timestamp("us", tz="UTC")

# Row texts must not depend on how the role or the database is set up.
_SESSION = (
    "begin isolation level repeatable read read only",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO'",
    "set local extra_float_digits = 1",
)


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

    def fingerprints(self, dataset: Dataset, schema: pa.Schema) -> dict[Partition, tuple[int, str]]:
        """Return row count and fingerprint of every partition that has rows.

        Args:
            dataset: What to look at.
            schema: Its columns.

        Returns:
            Ordered by partition.
        """
        time = dataset.time_column
        moment = f"{time} at time zone 'UTC'" if schema.field(time).type == _INSTANT else time
        statement = f"""
            select
                date_trunc('{unit_of(dataset.grain)}', ({moment})::timestamp)::date as start_date,
                count(*) as row_count,
                sum(hashtextextended(row({_columns(schema)})::text, 0)::numeric)::text as row_hash
            from {dataset.relation} as bars
            group by start_date
            order by start_date
        """  # noqa: S608 - our own names and the mart's quoted columns
        with self._reader(dataset, statement) as reader:
            rows = reader.read_all().to_pylist()
        return {
            Partition(dataset.grain, row["start_date"]): (
                row["row_count"],
                f"{row['row_count']}:{row['row_hash']}",
            )
            for row in rows
        }

    def batches(
        self, dataset: Dataset, schema: pa.Schema, partition: Partition
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a partition, sorted by symbol (bytewise) and time.

        Args:
            dataset: What to read.
            schema: Its columns.
            partition: Which part.

        Raises:
            LakeError: A number does not fit into 38 digits, 18 of them decimals.
        """
        time = dataset.time_column
        # The instrument last: two may have had one symbol, and the order must not depend on luck.
        statement = f"""
            select {_columns(schema)}
            from {dataset.relation} as bars
            where {time} >= '{partition.start}' and {time} < '{partition.end}'
            order by symbol collate "C", {time}, instrument_id
        """  # noqa: S608 - our own names, dates and the mart's quoted columns
        with self._reader(dataset, statement) as reader:
            for batch in reader:
                yield _converted(dataset, partition, schema, batch)

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
    return ", ".join('"' + name.replace('"', '""') + '"' for name in schema.names)


def _stored_type(dataset: Dataset, field: pa.Field) -> pa.DataType:
    kind = field.type
    if isinstance(kind, pa.OpaqueType) and kind.type_name == "numeric":
        return DECIMAL
    if kind in _AS_IS or kind == _INSTANT:
        return kind
    raise LakeError(
        f"{dataset.name}.{field.name} has the type {kind}; expected text, bigint, numeric, "
        "double precision, boolean, date or timestamptz."
    )


def _converted(
    dataset: Dataset, partition: Partition, schema: pa.Schema, batch: pa.RecordBatch
) -> pa.RecordBatch:
    arrays = []
    for field, array in zip(schema, batch.columns, strict=True):
        if field.type != DECIMAL:
            arrays.append(array)
            continue
        try:
            arrays.append(array.storage.cast(DECIMAL))
        except pa.ArrowInvalid as error:
            raise LakeError(
                f"{dataset.name}.{field.name} in {partition.name} has a number that numeric(38,18) "
                f"cannot hold exactly: {_sentence(error)}."
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")


def _without_password(error: Exception, database_url: str) -> str:
    text = _sentence(error).replace(database_url, "the database URL")
    try:
        password = urlsplit(database_url).password
    except ValueError:
        return "the database URL cannot be read"
    return text.replace(password, "***") if password and len(password) > 3 else text
