"""Partitions come back from the lake into the table they are from, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BufferedReader
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from barhouse.lake import files, steps
from barhouse.lake.archive import mark
from barhouse.lake.datasets import LANDED, RETIRED, Dataset
from barhouse.lake.errors import LakeError, reading
from barhouse.lake.lock import locked
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import AnyPartition
from barhouse.lake.target import Target, connected, open_target
from barhouse.lake.verify import checked

if TYPE_CHECKING:
    from adbc_driver_postgresql import dbapi

_BATCH_ROWS = 20_000
_MOST_ROWS = 250_000
_MOST_FILES = 64

Chosen = tuple[Dataset, AnyPartition]


class Outcome(StrEnum):
    """What happened to a partition."""

    RESTORED = "restored"
    THERE = "there already"


@dataclass(frozen=True)
class Restored:
    """One partition that is dealt with.

    Attributes:
        dataset: Such as ``bars_1m``.
        partition: Such as ``date=2018-01-20``.
        outcome: What was done.
        rows: Rows that were written.
    """

    dataset: str
    partition: str
    outcome: Outcome
    rows: int


def restore(
    url_of: Callable[[str], str],
    lake_dir: Path,
    wanted: Sequence[Chosen],
    progress: Callable[[Restored], None] | None = None,
) -> list[Restored]:
    """Write partitions of the lake into the database, some at a time in one transaction.

    A partition whose rows are there already is left alone; one of which a part is there is
    completed. Where the database says something else than the lake, nothing is written.

    Args:
        url_of: Gives the URL that acts in a role.
        lake_dir: The lake.
        wanted: Datasets with a table, and their partitions.
        progress: Called after every partition.

    Returns:
        What was done, in the order of ``wanted``.

    Raises:
        LakeError: A partition is not in the lake, not as its manifest says, or contradicts the
            database. Those before it may be restored; it and what shares its transaction are not.
    """
    done: list[Restored] = []
    with locked(lake_dir):
        for dataset, chosen in groupby(wanted, key=lambda one: one[0]):
            url = url_of("loader" if dataset is LANDED else "transformer")
            with connected(url) as connection:
                for group in _groups(lake_dir, dataset, [partition for _, partition in chosen]):
                    for one in _restored(connection, dataset, group):
                        done.append(one)
                        if progress is not None:
                            progress(one)
    return done


@dataclass(frozen=True)
class _Part:
    partition: AnyPartition
    folder: Path
    held: Manifest


def _groups(
    lake_dir: Path, dataset: Dataset, partitions: Iterable[AnyPartition]
) -> Iterator[list[_Part]]:
    # Few enough rows to be sent again after a failure, few enough files to be open at once.
    group: list[_Part] = []
    for partition in partitions:
        folder = lake_dir / dataset.name / partition.name
        files.settle(folder)
        held = files.read_manifest(folder)
        if held is None:
            raise LakeError(f"{dataset.name}/{partition.name} is not in the lake {lake_dir}.")
        if group and (
            sum(part.held.rows for part in group) + held.rows > _MOST_ROWS
            or len(group) == _MOST_FILES
        ):
            yield group
            group = []
        group.append(_Part(partition, folder, held))
    if group:
        yield group


def _restored(
    connection: dbapi.Connection, dataset: Dataset, group: Sequence[_Part]
) -> list[Restored]:
    partitions = [part.partition for part in group]
    with ExitStack() as stack:
        opened = {}
        for part in group:
            path = part.folder / files.DATA
            with reading(path):
                file = stack.enter_context(steps.readable(path))
            if problems := list(checked(part.folder, part.held, file)):
                raise LakeError(
                    f"{problems[0].path} cannot be restored: {problems[0].message} Take the file "
                    "from a backup of the lake, or land the bars again."
                )
            opened[part.partition] = file
        with open_target(connection, dataset, partitions) as target:
            written = _written(target, dataset, group, opened)
            target.note(
                (part.held.time_min, _after(part.held), written[part.partition])
                for part in group
                if written[part.partition] and dataset is not LANDED
            )
            if dataset is not LANDED:
                target.unseal(partitions)
    for part in group:
        if part.held.archived_at is not None:
            mark(part.folder, None)
    return [
        Restored(
            dataset.name,
            partition.name,
            Outcome.RESTORED if written[partition] else Outcome.THERE,
            written[partition],
        )
        for partition in partitions
    ]


def _written(
    target: Target,
    dataset: Dataset,
    group: Sequence[_Part],
    opened: Mapping[AnyPartition, BufferedReader],
) -> dict[AnyPartition, int]:
    counts = target.counts([part.partition for part in group])
    written = {}
    empty: list[pq.ParquetFile] = []
    columns: list[str] = []
    for part in group:
        partition, held = part.partition, part.held
        columns = _columns(target, dataset, part)
        opened[partition].seek(0)
        parquet = pq.ParquetFile(opened[partition])
        if counts[partition] == 0:
            empty.append(parquet)
            written[partition] = held.rows
        elif dataset is not LANDED:
            rows = _reader([parquet], columns)
            written[partition] = target.complete(partition, counts[partition], rows)
        elif counts[partition] == held.rows:
            written[partition] = 0
        else:
            raise LakeError(
                f"{dataset.name}/{partition.name} has {held.rows} rows, and the database has "
                f"{counts[partition]} of that load; a load is there whole or not at all, so look "
                "what happened to staging.raw_bars."
            )
    if empty:
        expected = sum(parquet.metadata.num_rows for parquet in empty)
        if (sent := target.copy(_reader(empty, columns))) != expected:
            raise LakeError(
                f"{dataset.name}: {expected} rows were sent and {sent} arrived; nothing of them "
                "was written."
            )
    return written


def _reader(parquets: Sequence[pq.ParquetFile], columns: list[str]) -> pa.RecordBatchReader:
    schema = pa.schema([parquets[0].schema_arrow.field(name) for name in columns])
    batches = (
        batch.select(columns)
        for parquet in parquets
        for batch in parquet.iter_batches(_BATCH_ROWS, columns=columns)
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def _columns(target: Target, dataset: Dataset, part: _Part) -> list[str]:
    stored = [column.name for column in part.held.schema]
    wanted = stored if dataset is LANDED else [n for n in stored if n != dataset.symbol_column]
    wanted = [name for name in wanted if name in target.columns or name not in RETIRED]
    if odd := sorted(set(wanted) ^ set(target.columns)):
        raise LakeError(
            f"{dataset.name}/{part.partition.name} has other columns than {dataset.table} "
            f"({', '.join(odd)}); it was written by another version of Barhouse, and that version "
            "can restore it."
        )
    return wanted


def _after(held: Manifest) -> str:
    # the end of a range is no part of it
    if held.time_column == "session_date":
        return (date.fromisoformat(held.time_max) + timedelta(days=1)).isoformat()
    return (datetime.fromisoformat(held.time_max) + timedelta(microseconds=1)).isoformat()
