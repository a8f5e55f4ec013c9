"""Archived partitions: those of which the lake may hold the only copy.

Retention drops rows from the database. To an export that would look like a partition that is gone;
so the lake is told first, and from then on no export rewrites or removes the partition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from barhouse.lake import files
from barhouse.lake.errors import LakeError
from barhouse.lake.lock import locked
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import AnyPartition
from barhouse.lake.verify import verify_partition


def archive(
    lake_dir: Path, dataset: str, partitions: Iterable[AnyPartition], *, archived_at: datetime
) -> list[Manifest]:
    """Verify partitions and mark them as archived; call it before their rows are dropped.

    Args:
        lake_dir: The lake.
        dataset: Such as ``bars_1m``.
        partitions: Which ones; those archived already stay as they are.
        archived_at: The instant noted; aware.

    Returns:
        Their manifests.

    Raises:
        LakeError: One of them is not in the lake or not as its manifest says; those before it are
            marked.
    """
    with locked(lake_dir):
        return [
            mark(lake_dir / dataset / partition.name, archived_at.isoformat())
            for partition in partitions
        ]


def release(lake_dir: Path, dataset: str, partitions: Iterable[AnyPartition]) -> list[Manifest]:
    """Give archived partitions back to the exports; call it after their rows are restored.

    Args:
        lake_dir: The lake.
        dataset: Such as ``bars_1m``.
        partitions: Which ones.

    Returns:
        Their manifests.

    Raises:
        LakeError: One of them is not in the lake.
    """
    with locked(lake_dir):
        return [mark(lake_dir / dataset / partition.name, None) for partition in partitions]


def mark(folder: Path, archived_at: str | None) -> Manifest:
    """Mark one partition, or take the mark away; the lake must be locked.

    Args:
        folder: Of the partition.
        archived_at: The instant noted, ISO 8601; it is verified first.

    Returns:
        Its manifest.

    Raises:
        LakeError: It is not in the lake, or not as its manifest says.
    """
    files.settle(folder)
    held = files.read_manifest(folder)
    if held is None:
        raise LakeError(f"{folder} holds no partition; export it first.")
    if (held.archived_at is None) == (archived_at is None):
        return held
    if archived_at is not None and (problems := verify_partition(folder)):
        raise LakeError(f"{problems[0].path} cannot be archived: {problems[0].message}")
    marked = replace(held, archived_at=archived_at)
    files.write_manifest(folder, marked)
    return marked
