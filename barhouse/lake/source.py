"""The database's side: one read-only transaction, fingerprints and rows as Arrow.

A fingerprint is the row count and the sum of a 64-bit hash of every row, all columns included. The
sum does not care about order, so that PostgreSQL need not sort, and nothing is sent but one line
per partition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from barhouse.lake.datasets import LANDED, Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.partitions import LoadPartition, Partition, parse_partition, unit_of
from barhouse.lake.rows import (
    Rows,
    cut,
    day_of,
    fingerprint_of,
    order_of,
    read_at_once,
    received,
    sent_columns,
    sentence,
    stored_type,
    versions_of,
    within,
)

if TYPE_CHECKING:
    from adbc_driver_postgresql import dbapi

# Row texts must not depend on how the role or the database is set up.
_SESSION = (
    "begin isolation level repeatable read read only",
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO'",
    "set local extra_float_digits = 1",
    # enough to sort a week of minutes of some hundred symbols
    "set local work_mem = '128MB'",
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
        statement = f"select * from {dataset.relation} as bars limit 0"
        with self._reader(dataset, statement) as reader:
            fields = [pa.field(field.name, stored_type(dataset, field)) for field in reader.schema]
        return pa.schema(fields)

    def fingerprints(
        self,
        dataset: Dataset,
        schema: pa.Schema,
        first: date | None = None,
        end: date | None = None,
    ) -> dict[Partition, str]:
        """Return what tells whether rows changed, for all partitions that have some, in order.

        Args:
            dataset: What to look at.
            schema: Its columns.
            first: First day; none for all of them.
            end: The day after the last, given with the first.
        """
        unit = unit_of(dataset.grain)
        statement = f"""
            select
                date_trunc('{unit}', {day_of(dataset, schema)}::timestamp)::date as start_date,
                {fingerprint_of(schema)} as fingerprint
            from {dataset.relation} as bars
            where {within(dataset, first, end) if first and end else "true"}
            group by start_date
            order by start_date
        """
        with self._reader(dataset, statement) as reader:
            found = reader.read_all().to_pylist()
        return {Partition(dataset.grain, row["start_date"]): row["fingerprint"] for row in found}

    def versions(self, dataset: Dataset) -> dict[date, str]:
        """Return a hash per month that changes with any bar of a table; nothing for the marts.

        Args:
            dataset: What to look at.
        """
        if dataset.table is None:
            return {}
        with self._reader(dataset, versions_of(f"'{dataset.table}'")) as reader:
            found = reader.read_all().to_pylist()
        return {row["month_start_date"]: row["version"] for row in found}

    def rows(
        self, dataset: Dataset, schema: pa.Schema, partitions: Sequence[Partition]
    ) -> Iterator[Rows]:
        """Yield the rows of partitions, each sorted by symbol (bytewise) and the dataset's order.

        Args:
            dataset: What to read.
            schema: Its columns.
            partitions: Which ones, in their order.

        Yields:
            Parts of a partition, as the lake stores them.

        Raises:
            LakeError: A number does not fit into 38 digits, 18 of them decimals.
        """
        for span in read_at_once(partitions):
            statement = f"""
                select {sent_columns(schema)}
                from (
                    select *
                    from {dataset.relation} as bars
                    where {within(dataset, span[0].start, span[-1].end)}
                    order by {order_of(dataset, schema, span)}
                    -- what is sent is rendered after the sort
                    offset 0
                ) as bars
            """
            wanted = set(span)
            with self._reader(dataset, statement) as reader:
                for batch in reader:
                    for partition, part in cut(dataset, batch, span):
                        if partition in wanted:
                            yield received(dataset, partition, schema, part)

    def loads(self) -> list[LoadPartition]:
        """Return the complete loads that have bars, in order of their names."""
        statement = """
            select load_id
            from staging._dlt_loads
            where status = 0 and exists (
                select from staging.raw_bars where _dlt_load_id = load_id
            )
            order by load_id collate "C"
        """
        with self._reader(LANDED, statement) as reader:
            found = (parse_partition(f"load={name}") for name in reader.read_all()[0].to_pylist())
            return [partition for partition in found if isinstance(partition, LoadPartition)]

    def fingerprint_of_load(self, schema: pa.Schema, load: LoadPartition) -> str:
        """Return what tells whether rows changed.

        Args:
            schema: The columns of the landing table.
            load: Which one.
        """
        statement = f"""
            select {fingerprint_of(schema)}
            from staging.raw_bars
            where _dlt_load_id = '{load.load_id}'
        """
        with self._reader(LANDED, statement) as reader:
            return str(reader.read_all()[0][0].as_py())

    def landed(self, schema: pa.Schema, loads: Iterable[LoadPartition]) -> Iterator[Rows]:
        """Yield the bars of loads, one after the other.

        Args:
            schema: The columns of the landing table.
            loads: Which ones.
        """
        for load in loads:
            statement = f"""
                select {sent_columns(schema)}
                from (
                    select *
                    from staging.raw_bars
                    where _dlt_load_id = '{load.load_id}'
                    order by
                        provider_symbol collate "C", {", ".join(LANDED.order)}, source_timestamp
                    offset 0
                ) as bars
            """
            with self._reader(LANDED, statement) as reader:
                for batch in reader:
                    yield received(LANDED, load, schema, batch)

    @contextmanager
    def _reader(self, dataset: Dataset, statement: str) -> Iterator[pa.RecordBatchReader]:
        try:
            self._cursor.execute(statement)
            with self._cursor.fetch_record_batch() as reader:
                yield reader
        except (AdbcError, pa.ArrowException, OSError) as error:
            raise LakeError(
                f"Cannot read {dataset.name} from the database: {sentence(error)}; "
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
    # Only now: it brings pandas and polars with it, and who only reads a lake needs neither.
    from adbc_driver_postgresql import dbapi

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
            raise LakeError(f"Cannot begin to read the database: {sentence(error)}.") from error
        yield Source(cursor)


def _without_password(error: Exception, database_url: str) -> str:
    text = sentence(error).replace(database_url, "the database URL")
    try:
        password = urlsplit(database_url).password
    except ValueError:
        return "the database URL cannot be read"
    return text.replace(password, "***") if password and len(password) > 3 else text
