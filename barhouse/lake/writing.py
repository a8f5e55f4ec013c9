"""One partition is written: rows to a data file, and the manifest that says what it holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from pathlib import Path

import pyarrow as pa

from barhouse.lake import files
from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError
from barhouse.lake.manifest import FORMAT, Manifest, columns_of
from barhouse.lake.parquet import write_parquet
from barhouse.lake.partitions import AnyPartition, version_for
from barhouse.lake.rows import Rows, rows_in

_WRITERS = 3
# A partition with more rows is written as they arrive, alone.
_AT_ONCE = 200_000


@dataclass(frozen=True)
class Writer:
    """Writes partitions of one dataset.

    Attributes:
        dataset: What is written.
        folder: Its folder.
        schema: Its columns.
        exported_at: The instant noted in the manifests, ISO 8601.
        git_sha: Version of the models, noted in the manifests.
        versions: By month, noted in the manifests; see :meth:`Source.versions`.
    """

    dataset: Dataset
    folder: Path
    schema: pa.Schema
    exported_at: str
    git_sha: str | None
    versions: Mapping[date, str] = field(default_factory=dict)

    def write_all(
        self, rows: Iterator[Rows], fingerprint_of: Callable[[AnyPartition], str]
    ) -> Iterator[Manifest]:
        """Write partitions as their rows arrive, several at once: each waits for the disk.

        Args:
            rows: Those of a partition follow each other.
            fingerprint_of: What the database says of the rows of a partition.
        """
        with ThreadPoolExecutor(_WRITERS) as writers:
            begun: deque[Future[Manifest]] = deque()
            for partition, parts in groupby(rows, key=lambda part: part.partition):
                said = fingerprint_of(partition)
                if rows_in(said) > _AT_ONCE:
                    begun.append(Future())
                    begun[-1].set_result(self.write(partition, said, parts))
                else:
                    begun.append(writers.submit(self.write, partition, said, list(parts)))
                while len(begun) > _WRITERS:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def write(self, partition: AnyPartition, fingerprint: str, rows: Iterable[Rows]) -> Manifest:
        """Write one partition in the place of what was there.

        Args:
            partition: Which.
            fingerprint: What the database says of its rows.
            rows: All of them.

        Raises:
            LakeError: It cannot be written, or other rows came than were counted; what the lake
                held is as it was.
        """
        with files.draft(self.folder / partition.name) as draft:
            batches = (part.batch for part in rows)
            extent = write_parquet(draft.file, self.dataset, self.schema, batches)
            count = rows_in(fingerprint)
            if count != extent.rows or not (extent.time_min and extent.time_max):
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
                rows=extent.rows,
                bytes=size,
                sha256=sha256,
                time_column=self.dataset.time_column,
                time_min=extent.time_min.isoformat(),
                time_max=extent.time_max.isoformat(),
                schema=columns_of(self.schema),
                fingerprint=fingerprint,
                git_sha=self.git_sha,
                exported_at=self.exported_at,
                versions=version_for(partition, self.versions),
            )
            draft.publish(manifest)
        return manifest
