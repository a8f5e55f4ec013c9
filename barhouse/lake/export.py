"""The export: bring the lake to the state of the marts, rewriting only what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain, groupby
from pathlib import Path

import pyarrow as pa

from barhouse.lake import files, steps
from barhouse.lake.ahead import ahead
from barhouse.lake.datasets import DATASETS, Dataset
from barhouse.lake.errors import LakeError, writing
from barhouse.lake.listing import partition_folders
from barhouse.lake.lock import locked
from barhouse.lake.manifest import FORMAT, Manifest, columns_of
from barhouse.lake.parquet import write_parquet
from barhouse.lake.partitions import Partition
from barhouse.lake.report import Action, ExportReport, Step
from barhouse.lake.source import Rows, Source, open_source

Progress = Callable[[Step], None]

_WRITERS = 3
# A partition with more rows is written as they arrive, alone.
_AT_ONCE = 200_000


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
        counts = self.source.counts(self.dataset, schema)
        present = partition_folders(self.lake_dir / self.dataset.name)
        if present and not counts:
            raise LakeError(
                f"{self.dataset.relation} is empty but the lake holds {len(present)} partitions of "
                f"it; if that is meant, remove the folder {self.lake_dir / self.dataset.name}."
            )
        standing = self._standing(schema, counts, present)
        kept = iter(
            self._kept_or_removed(partition, standing)
            for partition in sorted({*counts, *present})
            if partition in standing or partition not in counts
        )
        changed = [partition for partition in counts if partition not in standing]
        total = len({*counts, *present})
        with ahead(self.source.rows(self.dataset, schema, changed)) as rows:
            written = self._written(schema, counts, rows)
            for number, step in enumerate(chain(kept, written), start=1):
                yield replace(step, number=number, total=total)

    def _standing(
        self, schema: pa.Schema, counts: Mapping[Partition, int], present: Iterable[Partition]
    ) -> dict[Partition, tuple[Action, Manifest]]:
        # What stays as it is: the same rows, or an archive.
        held = {
            partition: manifest
            for partition in present
            if partition in counts and (manifest := self._readable(partition))
        }
        archived = {p: (Action.ARCHIVED, m) for p, m in held.items() if m.archived_at is not None}
        if self.full:
            return archived
        alike = [
            partition
            for partition, manifest in held.items()
            if partition not in archived
            and manifest.rows == counts[partition]
            and self._is_alike(partition, manifest, schema)
        ]
        fingerprints = self.source.fingerprints(self.dataset, schema, alike)
        same = {
            partition: (Action.UNCHANGED, held[partition])
            for partition in alike
            if fingerprints.get(partition) == held[partition].fingerprint
        }
        return {**archived, **same}

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
            return self._step(partition, *standing[partition])
        folder = self._folder(partition)
        # An unreadable manifest could be an archived one: that error is for a human.
        held = files.read_manifest(folder)
        if held is not None and held.archived_at is not None:
            return self._step(partition, Action.ARCHIVED, held)
        files.remove(folder, self.lake_dir / files.TRASH)
        return self._step(partition, Action.REMOVED, None)

    def _written(
        self, schema: pa.Schema, counts: Mapping[Partition, int], rows: Iterator[Rows]
    ) -> Iterator[Step]:
        # Several at once: each waits for the disk a few times.
        write = partial(self._write, schema)
        with ThreadPoolExecutor(_WRITERS) as writers:
            begun: deque[Future[Step]] = deque()
            for partition, parts in groupby(rows, key=lambda part: part.partition):
                if counts[partition] > _AT_ONCE:
                    begun.append(Future())
                    begun[-1].set_result(write(partition, counts[partition], parts))
                else:
                    begun.append(writers.submit(write, partition, counts[partition], list(parts)))
                while len(begun) > _WRITERS:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def _folder(self, partition: Partition) -> Path:
        return self.lake_dir / self.dataset.name / partition.name

    def _write(
        self, schema: pa.Schema, partition: Partition, count: int, rows: Iterable[Rows]
    ) -> Step:
        row_hash = 0

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal row_hash
            for part in rows:
                row_hash += part.row_hash
                yield part.batch

        with files.draft(self._folder(partition)) as draft:
            extent = write_parquet(draft.file, self.dataset, schema, batches())
            if extent.rows != count or extent.time_min is None or extent.time_max is None:
                raise LakeError(
                    f"{self.dataset.name} {partition.name}: the database counted {count} rows and "
                    f"sent {extent.rows}; the partition was not replaced."
                )
            sha256, size = draft.seal()
            manifest = Manifest(
                format=FORMAT,
                dataset=self.dataset.name,
                partition=partition.name,
                basis=self.dataset.basis,
                rows=count,
                bytes=size,
                sha256=sha256,
                time_column=self.dataset.time_column,
                time_min=extent.time_min.isoformat(),
                time_max=extent.time_max.isoformat(),
                schema=columns_of(schema),
                fingerprint=f"{count}:{row_hash}",
                git_sha=self.git_sha,
                exported_at=self.exported_at,
            )
            draft.publish(manifest)
        return self._step(partition, Action.WRITTEN, manifest)

    def _step(self, partition: Partition, action: Action, manifest: Manifest | None) -> Step:
        return Step(
            dataset=self.dataset.name,
            partition=partition.name,
            action=action,
            rows=manifest.rows if manifest else 0,
            bytes=manifest.bytes if manifest else 0,
            number=0,
            total=0,
        )


def _tidy(lake_dir: Path, datasets: Sequence[Dataset]) -> None:
    with writing(lake_dir):
        steps.empty(lake_dir / files.TRASH)
    for dataset in datasets:
        for partition in partition_folders(lake_dir / dataset.name).values():
            files.settle(partition)
