"""The export: bring the lake to the state of the marts, rewriting only what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import cast

import pyarrow as pa

from barhouse.lake import files, steps
from barhouse.lake.ahead import ahead
from barhouse.lake.datasets import DATASETS, LANDED, Dataset
from barhouse.lake.errors import LakeError, writing
from barhouse.lake.listing import partition_folders
from barhouse.lake.lock import locked
from barhouse.lake.manifest import FORMAT, Manifest, columns_of
from barhouse.lake.partitions import LoadPartition, Partition, version_for
from barhouse.lake.report import Action, ExportReport, Step
from barhouse.lake.source import Source, open_source
from barhouse.lake.writing import Writer

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
        versions = self.source.versions(self.dataset)
        said = self.source.fingerprints(self.dataset, schema)
        present = [
            partition
            for partition in partition_folders(self.lake_dir / self.dataset.name)
            if isinstance(partition, Partition)
        ]
        if not said:
            self._refuse_to_empty(present)
        standing = self._standing(schema, said, present)
        self._note_versions(standing, versions)
        kept = iter(
            self._kept_or_removed(partition, standing)
            for partition in sorted({*said, *present})
            if partition in standing or partition not in said
        )
        changed = [partition for partition in said if partition not in standing]
        total = len({*said, *present})
        writer = Writer(
            self.dataset,
            self.lake_dir / self.dataset.name,
            schema,
            self.exported_at,
            self.git_sha,
            versions,
        )
        with ahead(self.source.rows(self.dataset, schema, changed)) as rows:
            written = (
                self._step(manifest.partition, Action.WRITTEN, manifest)
                for manifest in writer.write_all(rows, lambda p: said[cast("Partition", p)])
            )
            for number, step in enumerate(chain(kept, written), start=1):
                yield replace(step, number=number, total=total)

    def _refuse_to_empty(self, present: Iterable[Partition]) -> None:
        lost = [p for p in present if (m := self._readable(p)) is None or m.archived_at is None]
        if lost:
            raise LakeError(
                f"{self.dataset.name} is empty but the lake holds {len(lost)} "
                "partitions of it; if that is meant, remove the folder "
                f"{self.lake_dir / self.dataset.name}."
            )

    def _folder(self, partition: Partition) -> Path:
        return self.lake_dir / self.dataset.name / partition.name

    def _standing(
        self, schema: pa.Schema, said: Mapping[Partition, str], present: Iterable[Partition]
    ) -> dict[Partition, tuple[Action, Manifest]]:
        # What stays as it is: the same rows, or an archive.
        held = {
            partition: manifest
            for partition in present
            if partition in said and (manifest := self._readable(partition))
        }
        standing: dict[Partition, tuple[Action, Manifest]] = {}
        for partition, manifest in held.items():
            is_same = manifest.fingerprint == said[partition] and self._is_alike(
                partition, manifest, schema
            )
            if manifest.archived_at is not None and is_same:
                # All its rows are in the database: restored, or a retention was cut off.
                released = replace(manifest, archived_at=None)
                files.write_manifest(self._folder(partition), released)
                standing[partition] = (Action.UNCHANGED, released)
            elif manifest.archived_at is not None:
                standing[partition] = (Action.ARCHIVED, manifest)
            elif is_same and not self.full:
                standing[partition] = (Action.UNCHANGED, manifest)
        return standing

    def _note_versions(
        self,
        standing: Mapping[Partition, tuple[Action, Manifest]],
        versions: Mapping[date, str],
    ) -> None:
        # Something else of the month changed: these rows are those of the database all the same.
        for partition, (action, manifest) in standing.items():
            version = version_for(partition, versions)
            if action is Action.UNCHANGED and manifest.versions != version:
                files.write_manifest(self._folder(partition), replace(manifest, versions=version))

    def _readable(self, partition: Partition) -> Manifest | None:
        try:
            return files.read_manifest(self._folder(partition))
        except LakeError:
            return None

    def _is_alike(self, partition: Partition, held: Manifest, schema: pa.Schema) -> bool:
        return (
            (held.format, held.schema) == (FORMAT, columns_of(schema))
            and (held.dataset, held.partition) == (self.dataset.name, partition.name)
            and (held.basis, held.time_column) == (self.dataset.basis, self.dataset.time_column)
            and files.data_size(self._folder(partition)) == held.bytes
        )

    def _kept_or_removed(
        self, partition: Partition, standing: Mapping[Partition, tuple[Action, Manifest]]
    ) -> Step:
        if partition in standing:
            return self._step(partition.name, *standing[partition])
        folder = self._folder(partition)
        # An unreadable manifest could be an archived one: that error is for a human.
        held = files.read_manifest(folder)
        if held is not None and held.archived_at is not None:
            return self._step(partition.name, Action.ARCHIVED, held)
        files.remove(folder, self.lake_dir / files.TRASH)
        return self._step(partition.name, Action.REMOVED, None)

    def _step(self, partition: str, action: Action, manifest: Manifest | None) -> Step:
        return Step(
            dataset=self.dataset.name,
            partition=partition,
            action=action,
            rows=manifest.rows if manifest else 0,
            bytes=manifest.bytes if manifest else 0,
            number=0,
            total=0,
        )


def export_landed(
    database_url: str,
    lake_dir: Path,
    *,
    exported_at: datetime,
    git_sha: str | None,
    progress: Progress | None = None,
) -> ExportReport:
    """Write the loads that are not in the lake yet; those that are there never change.

    Args:
        database_url: Where they landed, as a role that may read ``staging``.
        lake_dir: The lake; made if it is not there.
        exported_at: The instant noted in the manifests; aware.
        git_sha: Version of the project, noted in the manifests.
        progress: Called after every load.

    Returns:
        What was done, load by load.

    Raises:
        LakeError: The database or the folder cannot be used, or another export is writing.
    """
    done: list[Step] = []
    with locked(lake_dir):
        _tidy(lake_dir, [LANDED])
        folder = lake_dir / LANDED.name
        held = {
            manifest.partition: manifest
            for path in partition_folders(folder).values()
            if (manifest := files.read_manifest(path))
        }
        with open_source(database_url) as source:
            schema = source.schema(LANDED)
            missing = [load for load in source.loads() if load.name not in held]
            total = len(held) + len(missing)
            writer = Writer(LANDED, folder, schema, exported_at.isoformat(), git_sha)
            # Asked before their rows: one connection sends one answer at a time.
            prints = {load: source.fingerprint_of_load(schema, load) for load in missing}
            with ahead(source.landed(schema, missing)) as rows:
                kept = ((Action.UNCHANGED, manifest) for manifest in held.values())
                new = (
                    (Action.WRITTEN, m)
                    for m in writer.write_all(rows, lambda p: prints[cast("LoadPartition", p)])
                )
                for number, (action, found) in enumerate(chain(kept, new), start=1):
                    name, size = LANDED.name, found.bytes
                    step = Step(name, found.partition, action, found.rows, size, number, total)
                    done.append(step)
                    if progress is not None:
                        progress(step)
    return ExportReport(tuple(done))


def _tidy(lake_dir: Path, datasets: Sequence[Dataset]) -> None:
    with writing(lake_dir):
        steps.empty(lake_dir / files.TRASH)
    for dataset in datasets:
        for partition in partition_folders(lake_dir / dataset.name).values():
            files.settle(partition)
