"""The database's side of a restore: one transaction per partition."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError
from adbc_driver_postgresql import dbapi

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.partitions import AnyPartition, LoadPartition, Partition
from barhouse.lake.rows import sentence

_NO_ROOM = {"53100", "58030"}
_SESSION = (
    "set local timezone = 'UTC'",
    # a chunk may be compressed: whoever fills it may unpack all of it
    "set local timescaledb.max_tuples_decompressed_per_dml_transaction = 0",
)


class Target:
    """The rows of one partition in the database, in an open transaction."""

    def __init__(self, cursor: dbapi.Cursor, dataset: Dataset, partition: AnyPartition) -> None:
        """Look at what is there.

        Args:
            cursor: An ADBC cursor.
            dataset: One with a table.
            partition: Which part.

        Raises:
            LakeError: The table is not there, or does not know of the load.
        """
        self._cursor, self._dataset = cursor, dataset
        self._table = str(dataset.table)
        self._where = (
            f"_dlt_load_id = '{partition.load_id}'"
            if isinstance(partition, LoadPartition)
            else f"{dataset.time_column} >= '{partition.start}'"
            f" and {dataset.time_column} < '{partition.end}'"
        )
        for statement in _SESSION:
            cursor.execute(statement)
        if not self._value(f"select to_regclass('{self._table}') is not null"):
            raise LakeError(f"{self._table} is not there; run `barhouse build` first.")
        if isinstance(partition, LoadPartition) and not self._value(
            f"select exists (select from staging._dlt_loads where load_id = '{partition.load_id}')"
        ):
            raise LakeError(
                f"{dataset.name}/{partition.name} is a load that this database does not know of; "
                "restore the backup first, which says when it landed: `barhouse restore`."
            )
        self.columns = self._columns()
        self.count = int(self._value(f"select count(*) from {self._table} where {self._where}"))

    def copy(self, rows: pa.RecordBatchReader) -> int:
        """Write the rows where none is; returns how many."""
        schema, _, name = self._table.partition(".")
        return int(self._cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema))

    def complete(self, rows: pa.RecordBatchReader) -> int:
        """Write the rows that are missing; returns how many.

        Raises:
            LakeError: What is there is not part of what the lake holds.
        """
        listed = ", ".join(self.columns)
        hashed = f"count(*) || ':' || sum(hash_record_extended(row({listed}), 0)::numeric)"
        self._cursor.execute("drop table if exists pg_temp.restored")
        self._cursor.execute(f"create temporary table restored (like {self._table}) on commit drop")
        self._cursor.adbc_ingest("restored", rows, mode="append", temporary=True)
        self._cursor.execute("analyze restored")
        self._cursor.execute(
            f"insert into {self._table} ({listed}) select {listed} from restored"
            " on conflict do nothing"
        )
        after = self._value(f"select {hashed} from {self._table} where {self._where}")
        if after != (wanted := self._value(f"select {hashed} from pg_temp.restored")):
            raise LakeError(
                f"{self._table} has {self.count} rows where {self._dataset.name} of the lake has "
                f"{wanted.partition(':')[0]}, and not just the same; nothing was written. "
                "If the database is right, `barhouse export` brings the lake up to date."
            )
        return int(after.partition(":")[0]) - self.count

    def note(self, start: str, end: str, count: int) -> None:
        """Note that rows came back: what is built on them is refreshed by the next build.

        Args:
            start: First instant, ISO 8601.
            end: Instant after the last.
            count: How many rows.
        """
        self._cursor.execute(
            "insert into ops.changed_ranges"
            " (relation_name, range_start_at, range_end_at, row_count)"
            f" values ('{self._table}', '{start}', '{end}', {count})"
        )

    def unseal(self, partition: Partition) -> None:
        """Note that this part of the table is whole again, and may change.

        Args:
            partition: Which part.
        """
        sealed = (
            f"select archived_at from ops.archived_ranges where relation_name = '{self._table}'"
            f" and range_start_at = '{partition.start}'"
        )
        # What landed meanwhile, and splits that became known, were kept out of it.
        self._cursor.execute(
            f"delete from ops.published_loads as published where consumer = '{self._table}'"
            f" and published_at >= ({sealed}) and exists (select from staging.raw_bars as bars"
            f" where bars._dlt_load_id = published.load_id"
            f" and bars.bar_start_at >= '{partition.start}'"
            f" and bars.bar_start_at < '{partition.end}')"
        )
        self._cursor.execute(
            f"delete from ops.published_bases where consumer = '{self._table}'"
            f" and published_at >= ({sealed})"
        )
        self._cursor.execute(
            f"delete from ops.archived_ranges where relation_name = '{self._table}'"
            f" and range_start_at = '{partition.start}'"
        )

    def _columns(self) -> list[str]:
        self._cursor.execute(f"select * from {self._table} limit 0")
        return list(self._cursor.fetch_arrow_table().column_names)

    def _value(self, statement: str) -> str:
        self._cursor.execute(statement)
        return str(self._cursor.fetchone()[0])


@contextmanager
def open_target(url: str, dataset: Dataset, partition: AnyPartition) -> Iterator[Target]:
    """Begin the transaction in which a partition is restored; it is committed at the end.

    Args:
        url: The database, in a role that may write the table.
        dataset: One with a table.
        partition: Which part.

    Raises:
        LakeError: The database refuses, or its disk is full; nothing was written.
    """
    what = f"{dataset.name}/{partition.name}"
    try:
        with dbapi.connect(url) as connection:
            with connection.cursor() as cursor:
                yield Target(cursor, dataset, partition)
            connection.commit()
    except AdbcError as error:
        # the embedded database has no code of its own for it
        if error.sqlstate in _NO_ROOM or "Check free disk space" in str(error):
            raise LakeError(
                f"{what} was not restored: the disk of the database is full "
                f"({sentence(error)}); nothing of it was written. Make room and restore it again."
            ) from error
        raise LakeError(
            f"{what} was not restored: {sentence(error)}; nothing of it was written."
        ) from error
