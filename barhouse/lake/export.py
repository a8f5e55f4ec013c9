"""The export: bring the lake to the state of the marts, rewriting only what changed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from barhouse.lake import files
from barhouse.lake.datasets import DATASETS, Dataset
from barhouse.lake.errors import LakeError, writing
from barhouse.lake.listing import partition_folders
from barhouse.lake.lock import locked
from barhouse.lake.manifest import FORMAT, ColumnType, Manifest
from barhouse.lake.parquet import write_parquet
from barhouse.lake.partitions import Partition
from barhouse.lake.report import Action, ExportReport, Step
from barhouse.lake.source import Source, open_source

Progress = Callable[[Step], None]


def export(
    database_url: str,
    lake_dir: Path,
    *,
    exported_at: datetime,
    git_sha: str | None,
    progress: Progress | None = None,
    full: bool = False,
    datasets: Sequence[Dataset] = DATASETS,
) -> ExportReport:
    """Write what changed in the marts to the lake, all of it from one state of the database.

    Args:
        database_url: Where the marts are; select on schema ``marts`` is enough.
        lake_dir: The lake; made if it is not there.
        exported_at: The instant noted in the manifests; aware.
        git_sha: Version of the models, noted in the manifests.
        progress: Called after every partition.
        full: Write every partition again, also those that did not change.
        datasets: What to export.

    Returns:
        What was done, partition by partition.

    Raises:
        LakeError: The database or the folder cannot be used, or another export is writing.
    """
    if exported_at.utcoffset() is None:
        raise LakeError(
            f"exported_at is {exported_at.isoformat()}; expected a time with an offset."
        )
    steps: list[Step] = []
    with locked(lake_dir):
        _tidy(lake_dir, datasets)
        with open_source(database_url) as source:
            for dataset in datasets:
                job = _Job(source, dataset, lake_dir, exported_at.isoformat(), git_sha, full)
                for step in job.steps():
                    steps.append(step)
                    if progress is not None:
                        progress(step)
    return ExportReport(tuple(steps))


@dataclass(frozen=True)
class _Job:
    source: Source
    dataset: Dataset
    lake_dir: Path
    exported_at: str
    git_sha: str | None
    full: bool

    def steps(self) -> Iterator[Step]:
        schema = self.source.schema(self.dataset)
        wanted = self.source.fingerprints(self.dataset, schema)
        present = partition_folders(self.lake_dir / self.dataset.name)
        if present and not wanted:
            raise LakeError(
                f"{self.dataset.relation} is empty but the lake holds {len(present)} partitions of "
                f"it; if that is meant, remove the folder {self.lake_dir / self.dataset.name}."
            )
        names = sorted({*wanted, *present})
        for number, partition in enumerate(names, start=1):
            folder = self.lake_dir / self.dataset.name / partition.name
            action, manifest = (
                self._keep_or_write(folder, partition, schema, *wanted[partition])
                if partition in wanted
                else self._keep_or_remove(folder)
            )
            yield Step(
                dataset=self.dataset.name,
                partition=partition.name,
                action=action,
                rows=manifest.rows if manifest else 0,
                bytes=manifest.bytes if manifest else 0,
                number=number,
                total=len(names),
            )

    def _keep_or_write(
        self, folder: Path, partition: Partition, schema: pa.Schema, rows: int, fingerprint: str
    ) -> tuple[Action, Manifest]:
        columns = tuple(ColumnType(field.name, str(field.type)) for field in schema)
        try:
            held = files.read_manifest(folder)
        except LakeError:
            held = None
        if held is not None and held.archived_at is not None:
            return Action.ARCHIVED, held
        is_same = (
            held is not None
            and (held.format, held.fingerprint, held.schema) == (FORMAT, fingerprint, columns)
            and (held.dataset, held.partition) == (self.dataset.name, partition.name)
            and (held.basis, held.time_column) == (self.dataset.basis, self.dataset.time_column)
            and files.data_size(folder) == held.bytes
        )
        if held is not None and is_same and not self.full:
            return Action.UNCHANGED, held
        return Action.WRITTEN, self._write(folder, partition, schema, rows, fingerprint)

    def _write(
        self, folder: Path, partition: Partition, schema: pa.Schema, rows: int, fingerprint: str
    ) -> Manifest:
        batches = self.source.batches(self.dataset, schema, partition)
        with files.draft(folder) as draft:
            extent = write_parquet(draft.file, self.dataset, schema, batches)
            if extent.rows != rows or extent.time_min is None or extent.time_max is None:
                raise LakeError(
                    f"{self.dataset.name} {partition.name}: the database counted {rows} rows and "
                    f"sent {extent.rows}; the partition was not replaced."
                )
            sha256, size = draft.seal()
            manifest = Manifest(
                format=FORMAT,
                dataset=self.dataset.name,
                partition=partition.name,
                basis=self.dataset.basis,
                rows=rows,
                bytes=size,
                sha256=sha256,
                time_column=self.dataset.time_column,
                time_min=extent.time_min.isoformat(),
                time_max=extent.time_max.isoformat(),
                schema=tuple(ColumnType(field.name, str(field.type)) for field in schema),
                fingerprint=fingerprint,
                git_sha=self.git_sha,
                exported_at=self.exported_at,
            )
            draft.publish(manifest)
        return manifest

    def _keep_or_remove(self, folder: Path) -> tuple[Action, Manifest | None]:
        # An unreadable manifest could be an archived one: that error is for a human.
        held = files.read_manifest(folder)
        if held is not None and held.archived_at is not None:
            return Action.ARCHIVED, held
        files.remove(folder, self.lake_dir / files.TRASH)
        return Action.REMOVED, None


def _tidy(lake_dir: Path, datasets: Sequence[Dataset]) -> None:
    with writing(lake_dir):
        if (lake_dir / files.TRASH).exists():
            shutil.rmtree(lake_dir / files.TRASH)
    for dataset in datasets:
        for partition in partition_folders(lake_dir / dataset.name).values():
            files.settle(partition)
