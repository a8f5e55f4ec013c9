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
from barhouse.lake.rows import Rows

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
        self, rows: Iterator[Rows], count_of: Callable[[AnyPartition], int | None]
    ) -> Iterator[Manifest]:
        """Write partitions as their rows arrive, several at once: each waits for the disk.

        Args:
            rows: Those of a partition follow each other.
            count_of: How many there must be of a partition, where that is known.
        """
        with ThreadPoolExecutor(_WRITERS) as writers:
            begun: deque[Future[Manifest]] = deque()
            for partition, parts in groupby(rows, key=lambda part: part.partition):
                count = count_of(partition)
                if count is None or count > _AT_ONCE:
                    begun.append(Future())
                    begun[-1].set_result(self.write(partition, count, parts))
                else:
                    begun.append(writers.submit(self.write, partition, count, list(parts)))
                while len(begun) > _WRITERS:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()

    def write(self, partition: AnyPartition, count: int | None, rows: Iterable[Rows]) -> Manifest:
        """Write one partition in the place of what was there.

        Args:
            partition: Which.
            count: How many rows there must be, if known.
            rows: All of them.

        Raises:
            LakeError: It cannot be written, or other rows came than were counted; what the lake
                held is as it was.
        """
        row_hash = 0

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal row_hash
            for part in rows:
                row_hash += part.row_hash
                yield part.batch

        with files.draft(self.folder / partition.name) as draft:
            extent = write_parquet(draft.file, self.dataset, self.schema, batches())
            if count not in (None, extent.rows) or not (extent.time_min and extent.time_max):
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
                fingerprint=f"{extent.rows}:{row_hash}",
                git_sha=self.git_sha,
                exported_at=self.exported_at,
                versions=version_for(partition, self.versions),
            )
            draft.publish(manifest)
        return manifest
