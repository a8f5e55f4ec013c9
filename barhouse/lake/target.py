"""The database's side of a restore: some partitions of one table, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.partitions import AnyPartition, LoadPartition, Partition
from barhouse.lake.rows import sentence

if TYPE_CHECKING:
    from adbc_driver_postgresql import dbapi

_NO_ROOM = {"53100", "58030"}
_SESSION = (
    "set local timezone = 'UTC'",
    # a chunk may be compressed: whoever fills it may unpack all of it
    "set local timescaledb.max_tuples_decompressed_per_dml_transaction = 0",
)


class Target:
    """A table of the database, in an open transaction."""

    def __init__(self, cursor: dbapi.Cursor, dataset: Dataset) -> None:
        """Look at the table.

        Args:
            cursor: An ADBC cursor.
            dataset: One with a table.

        Raises:
            LakeError: The table is not there.
        """
        self._cursor, self._dataset = cursor, dataset
        self._table = str(dataset.table)
        for statement in _SESSION:
            cursor.execute(statement)
        if self._value(f"select to_regclass('{self._table}') is not null") != "True":
            raise LakeError(f"{self._table} is not there; run `barhouse build` first.")
        self.columns = self._columns()

    def counts(self, partitions: Sequence[AnyPartition]) -> dict[AnyPartition, int]:
        """Return how many rows of each partition are there already.

        Args:
            partitions: Of one kind, in their order.

        Raises:
            LakeError: The database does not know of a load.
        """
        for partition in partitions:
            if isinstance(partition, LoadPartition):
                self._refuse_unknown(partition)
        times = [partition for partition in partitions if isinstance(partition, Partition)]
        # mostly there is none at all, which one look tells
        if times and not self._count(_between(self._dataset, times[0].start, times[-1].end)):
            return dict.fromkeys(partitions, 0)
        return {p: self._count(_condition(self._dataset, p)) for p in partitions}

    def copy(self, rows: pa.RecordBatchReader) -> int:
        """Write the rows where none is; returns how many."""
        schema, _, name = self._table.partition(".")
        return int(self._cursor.adbc_ingest(name, rows, mode="append", db_schema_name=schema))

    def complete(self, partition: AnyPartition, count: int, rows: pa.RecordBatchReader) -> int:
        """Write the rows that are missing; returns how many.

        Args:
            partition: Which part.
            count: How many are there.
            rows: All that should be.

        Raises:
            LakeError: What is there is not part of what the lake holds.
        """
        where = _condition(self._dataset, partition)
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
        after = self._value(f"select {hashed} from {self._table} where {where}")
        if after != (wanted := self._value(f"select {hashed} from pg_temp.restored")):
            raise LakeError(
                f"{self._table} has {count} rows where {self._dataset.name}/{partition.name} has "
                f"{wanted.partition(':')[0]}, and not just the same; nothing was written. "
                "If the database is right, `barhouse export` brings the lake up to date."
            )
        return int(after.partition(":")[0]) - count

    def note(self, ranges: Iterable[tuple[str, str, int]]) -> None:
        """Note that rows came back: what is built on them is refreshed by the next build.

        Args:
            ranges: First instant, instant after the last, and how many rows.
        """
        timeframe = "timeframe" if "timeframe" in self.columns else f"'{self._table[-2:]}'"
        time = self._dataset.time_column
        for start, end, count in ranges:
            self._cursor.execute(
                "insert into ops.changed_ranges"
                " (relation_name, range_start_at, range_end_at, row_count)"
                f" values ('{self._table}', '{start}', '{end}', {count})"
            )
            # as the materialization notes them: macros note_changed_days and record_versions
            self._cursor.execute(
                f"with days as (select instrument_id, {timeframe} as timeframe, session_date,"
                f" date_trunc('month', min({time}) at time zone 'UTC')::date as first_month,"
                f" date_trunc('month', max({time}) at time zone 'UTC')::date as last_month"
                f" from {self._table} where {time} >= '{start}' and {time} < '{end}'"
                " group by 1, 2, 3),"
                " noted as (insert into ops.changed_days (instrument_id, timeframe, session_date)"
                " select instrument_id, timeframe, session_date from days on conflict do nothing)"
                " insert into ops.bar_versions (relation_name, instrument_id, month_start_date)"
                f" select distinct '{self._table}', instrument_id, month"
                " from days, lateral (values (first_month), (last_month)) as months (month)"
                " on conflict (instrument_id, relation_name, month_start_date)"
                " do update set version_id = excluded.version_id"
            )

    def unseal(self, partitions: Iterable[AnyPartition]) -> None:
        """Note that parts of the table are whole again, and may change.

        Args:
            partitions: Which parts; those that nobody archived stay as they are.
        """
        self._cursor.execute(
            "select range_start_at::date from ops.archived_ranges"
            f" where relation_name = '{self._table}'"
        )
        archived = {start for (start,) in self._cursor.fetchall()}
        for partition in partitions:
            if isinstance(partition, Partition) and partition.start in archived:
                self._unseal(partition)

    def _unseal(self, partition: Partition) -> None:
        sealed = (
            f"select archived_at from ops.archived_ranges where relation_name = '{self._table}'"
            f" and range_start_at = '{partition.start}'"
        )
        # What landed meanwhile, and splits that became known, were kept out of it.
        self._cursor.execute(
            f"delete from ops.published_loads as published where consumer = '{self._table}'"
            f" and published_at >= ({sealed}) and exists (select from staging.raw_bars as bars"
            " where bars._dlt_load_id = published.load_id"
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

    def _refuse_unknown(self, load: LoadPartition) -> None:
        known = f"select exists (select from staging._dlt_loads where load_id = '{load.load_id}')"
        if self._value(known) != "True":
            raise LakeError(
                f"{self._dataset.name}/{load.name} is a load that this database does not know of; "
                "restore the backup first, which says when it landed: `barhouse restore`."
            )

    def _columns(self) -> list[str]:
        self._cursor.execute(f"select * from {self._table} limit 0")
        return list(self._cursor.fetch_arrow_table().column_names)

    def _count(self, where: str) -> int:
        return int(self._value(f"select count(*) from {self._table} where {where}"))

    def _value(self, statement: str) -> str:
        self._cursor.execute(statement)
        return str(self._cursor.fetchone()[0])


def _condition(dataset: Dataset, partition: AnyPartition) -> str:
    if isinstance(partition, LoadPartition):
        return f"_dlt_load_id = '{partition.load_id}'"
    return _between(dataset, partition.start, partition.end)


def _between(dataset: Dataset, start: date, end: date) -> str:
    return f"{dataset.time_column} >= '{start}' and {dataset.time_column} < '{end}'"


@contextmanager
def connected(url: str) -> Iterator[dbapi.Connection]:
    """Connect to the database, once for a whole restore: each time takes as long as a day's bars.

    Args:
        url: In a role that may write the table.

    Raises:
        LakeError: The database does not answer.
    """
    # Only now: it brings pandas and polars with it.
    from adbc_driver_postgresql import dbapi

    try:
        connection = dbapi.connect(url)
    except AdbcError as error:
        raise LakeError("Nothing was restored: the database does not answer.") from error
    with connection:
        yield connection


@contextmanager
def open_target(
    connection: dbapi.Connection, dataset: Dataset, partitions: Sequence[AnyPartition]
) -> Iterator[Target]:
    """Begin the transaction in which partitions are restored; it is committed at the end.

    Args:
        connection: Of :func:`connected`.
        dataset: One with a table.
        partitions: Named when something fails.

    Raises:
        LakeError: The database refuses, or its disk is full; nothing was written.
    """
    what = f"{dataset.name}/{partitions[0].name}"
    if len(partitions) > 1:
        what = f"{what} to {partitions[-1].name}"
    try:
        try:
            with connection.cursor() as cursor:
                yield Target(cursor, dataset)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
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
