"""What is in the lake, as its manifests say."""

from __future__ import annotations

from pathlib import Path

from barhouse.lake import files
from barhouse.lake.errors import reading
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import AnyPartition, parse_partition
from barhouse.lake.place import entries


def ls(lake_dir: Path) -> list[Manifest]:
    """Return the manifests of all partitions.

    Args:
        lake_dir: The lake.

    Returns:
        Ordered by dataset and partition; empty when there is no lake yet.

    Raises:
        LakeError: A manifest cannot be read; ``verify`` lists them all.
    """
    found = [
        files.read_manifest(folder)
        for dataset in dataset_folders(lake_dir)
        for folder in partition_folders(dataset).values()
    ]
    return [manifest for manifest in found if manifest is not None]


def dataset_folders(lake_dir: Path) -> list[Path]:
    """Return the visible folders of the lake, sorted."""
    return [lake_dir / name for name in _folders(lake_dir) if not name.startswith((".", "_"))]


def partition_folders(dataset_folder: Path) -> dict[AnyPartition, Path]:
    """Return the partition folders of a dataset, in order of their names.

    Args:
        dataset_folder: Such as ``lake/bars_1m``; need not exist.
    """
    found = ((parse_partition(name), dataset_folder / name) for name in _folders(dataset_folder))
    return {partition: folder for partition, folder in found if partition is not None}


def _folders(folder: Path) -> list[str]:
    try:
        with reading(folder):
            return [name for name, is_folder in entries(folder) if is_folder]
    except FileNotFoundError:
        return []
