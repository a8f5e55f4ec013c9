"""Partitions come back from the lake into the table they are from, each wholly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from barhouse.lake import files, steps
from barhouse.lake.archive import mark
from barhouse.lake.datasets import LANDED, Dataset
from barhouse.lake.errors import LakeError, reading
from barhouse.lake.lock import locked
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import AnyPartition, Partition
from barhouse.lake.target import Target, open_target
from barhouse.lake.verify import checked

_BATCH_ROWS = 20_000


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
    wanted: Sequence[tuple[Dataset, AnyPartition]],
    progress: Callable[[Restored], None] | None = None,
) -> list[Restored]:
    """Write partitions of the lake into the database.

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
            database. The partitions before it are restored.
    """
    done = []
    with locked(lake_dir):
        for dataset, partition in wanted:
            folder = lake_dir / dataset.name / partition.name
            files.settle(folder)
            held = files.read_manifest(folder)
            if held is None:
                raise LakeError(f"{dataset.name}/{partition.name} is not in the lake {lake_dir}.")
            url = url_of("loader" if dataset is LANDED else "transformer")
            with reading(folder / files.DATA), steps.readable(folder / files.DATA) as file:
                if problems := list(checked(folder, held, file)):
                    raise LakeError(
                        f"{problems[0].path} cannot be restored: {problems[0].message} Take the "
                        "file from a backup of the lake, or land the bars again."
                    )
                with open_target(url, dataset, partition) as target:
                    rows = _written(target, dataset, partition, held, file)
            if held.archived_at is not None:
                mark(folder, None)
            outcome = Outcome.RESTORED if rows else Outcome.THERE
            done.append(Restored(dataset.name, partition.name, outcome, rows))
            if progress is not None:
                progress(done[-1])
    return done


def _written(
    target: Target,
    dataset: Dataset,
    partition: AnyPartition,
    held: Manifest,
    file: BufferedReader,
) -> int:
    stored = [column.name for column in held.schema]
    wanted = stored if dataset is LANDED else [n for n in stored if n != dataset.symbol_column]
    if sorted(wanted) != sorted(target.columns):
        odd = sorted(set(wanted) ^ set(target.columns))
        raise LakeError(
            f"{dataset.name}/{partition.name} has other columns than {dataset.table} "
            f"({', '.join(odd)}); it was written by another version of Barhouse, and that version "
            "can restore it."
        )
    file.seek(0)
    parquet = pq.ParquetFile(file)
    schema = pa.schema([parquet.schema_arrow.field(name) for name in wanted])
    batches = (batch.select(wanted) for batch in parquet.iter_batches(_BATCH_ROWS, columns=wanted))
    rows = pa.RecordBatchReader.from_batches(schema, batches)
    if target.count == 0:
        written = target.copy(rows)
        if written != held.rows:
            raise LakeError(
                f"{dataset.name}/{partition.name} has {held.rows} rows and {written} arrived; "
                "nothing was written."
            )
    elif dataset is LANDED:
        if target.count != held.rows:
            raise LakeError(
                f"{dataset.name}/{partition.name} has {held.rows} rows, and the database has "
                f"{target.count} of that load; a load is there whole or not at all, so look what "
                "happened to staging.raw_bars."
            )
        written = 0
    else:
        written = target.complete(rows)
    if isinstance(partition, Partition):
        if written:
            target.note(held.time_min, _after(held), written)
        target.unseal(partition)
    return written


def _after(held: Manifest) -> str:
    # the end of a range is no part of it
    if held.time_column == "session_date":
        return (date.fromisoformat(held.time_max) + timedelta(days=1)).isoformat()
    return (datetime.fromisoformat(held.time_max) + timedelta(microseconds=1)).isoformat()
