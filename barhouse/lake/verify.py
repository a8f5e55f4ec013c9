"""The proof that the lake holds what its manifests say."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedReader
from pathlib import Path

from barhouse.lake import files, steps
from barhouse.lake.errors import LakeError, reading
from barhouse.lake.listing import dataset_folders, partition_folders
from barhouse.lake.lock import is_locked
from barhouse.lake.manifest import Manifest
from barhouse.lake.parquet import read_extent
from barhouse.lake.place import BACKUPS, is_local, names_below

# An export may replace a partition while it is looked at; then it is looked at again.
_LOOKS = 3


class Kind(StrEnum):
    """What is wrong."""

    MANIFEST = "manifest"
    MISSING_FILE = "missing file"
    SHA256 = "sha256"
    ROWS = "rows"
    TIME_RANGE = "time range"
    UNREADABLE = "unreadable"
    ORPHAN = "orphan"


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be.

    Attributes:
        path: Where, relative to the lake.
        kind: What sort of problem.
        message: What was seen and what was expected.
    """

    path: str
    kind: Kind
    message: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.path}: {self.kind}: {self.message}"


def verify(lake_dir: Path) -> list[Problem]:
    """Check every partition of the lake against its manifest, reading all of it.

    Args:
        lake_dir: The lake.

    Returns:
        Problems, ordered by path; empty when all is well. Orphans are files that no manifest
        knows; they are not listed while an export is writing.

    Raises:
        LakeError: There is no lake, or it cannot be read.
    """
    datasets = dataset_folders(lake_dir)
    if not datasets and not (is_local(lake_dir) and lake_dir.is_dir()):
        raise LakeError(f"There is no lake at {lake_dir}; an export makes it.")
    problems: list[Problem] = []
    for dataset in datasets:
        for folder in partition_folders(dataset).values():
            problems.extend(verify_partition(folder))
    if not is_locked(lake_dir):
        problems.extend(_orphans(lake_dir))
    return sorted(
        (Problem(_relative(p.path, lake_dir), p.kind, p.message) for p in problems),
        key=lambda problem: (problem.path, problem.kind),
    )


def verify_partition(folder: Path) -> list[Problem]:
    """Check one partition.

    Args:
        folder: Such as ``lake/bars_1m/date=2018-01-20``.

    Returns:
        Problems with full paths; empty when all is well.
    """
    problems: list[Problem] = []
    for _ in range(_LOOKS):
        try:
            before = files.read_manifest(folder)
            if before is None:
                return []
            problems = list(_looked_at(folder, before))
            if not problems or files.read_manifest(folder) == before:
                return problems
        except LakeError as error:
            problems = [Problem(str(folder / files.MANIFEST), Kind.MANIFEST, str(error))]
    return problems


def _looked_at(folder: Path, manifest: Manifest) -> Iterator[Problem]:
    path = folder / files.DATA
    try:
        with reading(path), steps.readable(path) as file:
            yield from checked(folder, manifest, file)
    except FileNotFoundError:
        yield Problem(str(path), Kind.MISSING_FILE, "The manifest's data file is not there.")
    except LakeError as error:
        yield Problem(str(path), Kind.UNREADABLE, str(error))


def checked(folder: Path, manifest: Manifest, file: BufferedReader) -> Iterator[Problem]:
    """Check a data file against its manifest.

    Args:
        folder: Of the partition.
        manifest: What it should hold.
        file: The open data file.
    """
    stated = (manifest.dataset, manifest.partition)
    if stated != (folder.parent.name, folder.name):
        yield Problem(
            str(folder / files.MANIFEST),
            Kind.MANIFEST,
            f"It is the manifest of {'/'.join(stated)}, not of this folder.",
        )
    path = folder / files.DATA
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 != manifest.sha256:
        yield Problem(str(path), Kind.SHA256, f"The hash is {sha256}; expected {manifest.sha256}.")
    file.seek(0)
    try:
        extent = read_extent(file, manifest.time_column)
    except LakeError as error:
        yield Problem(str(path), Kind.UNREADABLE, f"The file {error}")
        return
    if extent.rows != manifest.rows:
        yield Problem(
            str(path), Kind.ROWS, f"It holds {extent.rows} rows; expected {manifest.rows}."
        )
    seen = [value.isoformat() if value else "" for value in (extent.time_min, extent.time_max)]
    if seen != [manifest.time_min, manifest.time_max]:
        yield Problem(
            str(path),
            Kind.TIME_RANGE,
            f"{manifest.time_column} runs from {seen[0]} to {seen[1]}; expected "
            f"{manifest.time_min} to {manifest.time_max}.",
        )


def _orphans(lake_dir: Path) -> Iterator[Problem]:
    known: set[str] = set()
    for dataset in dataset_folders(lake_dir):
        for folder in partition_folders(dataset).values():
            try:
                is_held = files.read_manifest(folder) is not None
            except LakeError:
                is_held = True
            if is_held:
                place = f"{dataset.name}/{folder.name}"
                known |= {f"{place}/{files.DATA}", f"{place}/{files.MANIFEST}"}
    for name in names_below(lake_dir):
        if "/" in name and name not in known and not name.startswith(f"{BACKUPS}/"):
            yield Problem(
                str(lake_dir / name),
                Kind.ORPHAN,
                "No manifest knows this file; it is not part of the lake.",
            )


def _relative(path: str, lake_dir: Path) -> str:
    return path.removeprefix(str(lake_dir)).lstrip("/")
