"""Chunks leave the database once the lake holds them: proven, marked, then dropped, in that order.

The proof and the drop are one transaction that keeps others from writing to the table. Killed at
any point, either the chunk is there and the next export takes the marks away again, or it is gone
and everything knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from adbc_driver_manager import Error as AdbcError

from barhouse.lake import files, steps
from barhouse.lake.archive import mark
from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.lock import locked
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import Partition, unit_of
from barhouse.lake.rows import sentence
from barhouse.lake.source import Source
from barhouse.lake.verify import verify_partition


@dataclass(frozen=True)
class Chunk:
    """A chunk of a hypertable that is old enough to go.

    Attributes:
        dataset: What holds it in the lake; has the table.
        start: First instant.
        end: Instant after the last.
    """

    dataset: Dataset
    start: datetime
    end: datetime

    def __str__(self) -> str:
        """Return it as people call it."""
        return f"{self.dataset.table} from {self.start:%Y-%m-%d} to {self.end:%Y-%m-%d}"


class NotProvenError(LakeError):
    """The chunk stays, because the lake cannot stand in for it."""


def drop_chunk(url: str, lake_dir: Path, chunk: Chunk) -> int:
    """Drop a chunk of which the lake holds every row.

    Args:
        url: The database, as role ``transformer``.
        lake_dir: The lake.
        chunk: Which one.

    Returns:
        How many rows left the database.

    Raises:
        NotProvenError: A partition is missing, damaged or differs; nothing was dropped.
        LakeError: The database refuses; nothing was dropped.
    """
    # Only now: it brings pandas and polars with it.
    from adbc_driver_postgresql import dbapi

    table = chunk.dataset.table
    with locked(lake_dir):
        try:
            with dbapi.connect(url) as connection:
                with connection.cursor() as cursor:
                    cursor.execute("set local timezone = 'UTC'")
                    cursor.execute(f"lock table {table} in share row exclusive mode")
                    counts = _proven(cursor, lake_dir, chunk)
                    now = datetime.now(UTC).isoformat()
                    for partition, _ in counts:
                        mark(lake_dir / chunk.dataset.name / partition.name, now)
                    _drop(cursor, chunk, counts)
                connection.commit()
        except AdbcError as error:
            raise LakeError(f"{chunk} stays: the database says {sentence(error)}.") from error
    return sum(count for _, count in counts)


def _drop(cursor: Any, chunk: Chunk, counts: Iterable[tuple[Partition, int]]) -> None:
    for partition, count in counts:
        cursor.execute(
            "insert into ops.archived_ranges as standing"
            " (relation_name, range_start_at, range_end_at, row_count)"
            f" values ('{chunk.dataset.table}', '{partition.start}', '{partition.end}', {count})"
            " on conflict (relation_name, range_start_at) do update"
            " set row_count = standing.row_count + excluded.row_count"
        )
    cursor.execute(
        f"select drop_chunks('{chunk.dataset.table}', older_than => '{chunk.end}'::timestamptz,"
        f" newer_than => '{chunk.start}'::timestamptz)"
    )
    dropped = cursor.fetchall()
    if len(dropped) != 1:
        raise LakeError(f"{chunk} stays: {len(dropped)} chunks lie there; expected one.")


def _proven(cursor: Any, lake_dir: Path, chunk: Chunk) -> list[tuple[Partition, int]]:
    dataset = chunk.dataset
    time, unit = dataset.time_column, unit_of(dataset.grain)
    cursor.execute(
        f"select date_trunc('{unit}', {time} at time zone 'UTC')::date, count(*)"
        f" from {dataset.table} where {time} >= '{chunk.start}' and {time} < '{chunk.end}'"
        " group by 1 order by 1"
    )
    counts = [(Partition(dataset.grain, start), int(count)) for start, count in cursor.fetchall()]
    cursor.execute(
        "select range_start_at::date from ops.archived_ranges"
        f" where relation_name = '{dataset.table}'"
    )
    gone = {Partition(dataset.grain, start) for (start,) in cursor.fetchall()}
    source = Source(cursor)
    whole = [partition for partition, _ in counts if partition not in gone]
    said: dict[Partition, str] = {}
    if whole:
        schema = source.schema(dataset)
        said = source.fingerprints(dataset, schema, min(whole).start, max(whole).end)
    for partition, count in counts:
        folder = lake_dir / dataset.name / partition.name
        held = _verified(folder, chunk)
        if partition in gone:
            # a part of it has left with another chunk: what is left is compared by number
            stored = _rows_between(folder, held, chunk)
            if stored != count:
                raise NotProvenError(
                    f"{chunk} stays: {folder} holds {stored} rows of it and the database {count}."
                )
        elif said.get(partition) != held.fingerprint:
            raise NotProvenError(
                f"{chunk} stays: {folder} does not hold just the rows of the database; run "
                "`barhouse export` first."
            )
    return counts


def _verified(folder: Path, chunk: Chunk) -> Manifest:
    files.settle(folder)
    held = files.read_manifest(folder)
    if held is None:
        raise NotProvenError(f"{chunk} stays: {folder} is not there; run `barhouse export` first.")
    if problems := verify_partition(folder):
        raise NotProvenError(
            f"{chunk} stays: {problems[0].path} is damaged. {problems[0].message} Run "
            "`barhouse export --full` first."
        )
    return held


def _rows_between(folder: Path, held: Manifest, chunk: Chunk) -> int:
    with steps.readable(folder / files.DATA) as file:
        column = pq.ParquetFile(file).read(columns=[held.time_column]).column(0)
    inside = pc.and_(pc.greater_equal(column, chunk.start), pc.less(column, chunk.end))
    return int(pc.sum(inside).as_py() or 0)
