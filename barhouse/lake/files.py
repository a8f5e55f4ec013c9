"""The files of one partition, and how they change without a reader ever seeing half of it.

A partition folder holds ``part.parquet`` and ``_manifest.json``. To replace them:

1. the new data goes to a hidden temporary file, fsynced;
2. the new manifest is announced as ``_manifest.next.json``;
3. the data file is renamed into place;
4. the announced manifest is renamed into place.

The name of the data file never changes, so that whoever reads the folder by a glob finds exactly
one file, old or new, and never both. Killed between 3 and 4 the announced manifest is the true
one: the one whose hash is the data file's. ``settle`` finishes what was begun.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

from barhouse.lake.errors import LakeError, writing
from barhouse.lake.manifest import Manifest, parse_manifest

DATA = "part.parquet"
MANIFEST = "_manifest.json"
NEXT = "_manifest.next.json"
TEMPORARY = (".part.parquet.tmp", ".manifest.tmp")
TRASH = ".trash"

_OURS = {DATA, MANIFEST, NEXT, *TEMPORARY}


@dataclass
class Draft:
    """A data file that nobody sees yet.

    Attributes:
        folder: The partition's folder.
        file: Where to write the data.
    """

    folder: Path
    file: BufferedRandom

    def seal(self) -> tuple[str, int]:
        """Bring the data to the disk.

        Returns:
            Its sha256 and its size in bytes.
        """
        self.file.flush()
        os.fsync(self.file.fileno())
        size = self.file.seek(0, os.SEEK_END)
        self.file.seek(0)
        return hashlib.file_digest(self.file, "sha256").hexdigest(), size

    def publish(self, manifest: Manifest) -> None:
        """Put data and manifest in place.

        Args:
            manifest: Made from what ``seal`` returned.
        """
        write_manifest(self.folder, manifest, NEXT)
        (self.folder / TEMPORARY[0]).replace(self.folder / DATA)
        _sync_folder(self.folder)
        (self.folder / NEXT).replace(self.folder / MANIFEST)
        _sync_folder(self.folder)


@contextmanager
def draft(folder: Path) -> Iterator[Draft]:
    """Begin to replace a partition; what is not published leaves nothing behind.

    Args:
        folder: The partition's folder; made if it is not there.

    Raises:
        LakeError: It cannot be written.
    """
    path = folder / TEMPORARY[0]
    with writing(folder / DATA):
        try:
            _make_folder(folder)
            with path.open("w+b") as file:
                yield Draft(folder, file)
        finally:
            path.unlink(missing_ok=True)


def write_manifest(folder: Path, manifest: Manifest, name: str = MANIFEST) -> None:
    """Write a manifest in one step.

    Args:
        folder: The partition's folder.
        manifest: What to write.
        name: The file's name.
    """
    temporary = folder / TEMPORARY[1]
    with temporary.open("w", encoding="utf-8") as file:
        file.write(manifest.to_json())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / name)
    _sync_folder(folder)


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest that describes the data file.

    Args:
        folder: The partition's folder.

    Returns:
        ``None`` when there is no manifest, or only one whose data never arrived.

    Raises:
        LakeError: The manifest cannot be read.
    """
    announced = _load(folder / NEXT)
    if announced is not None and _sha256(folder / DATA) == announced.sha256:
        return announced
    return _load(folder / MANIFEST)


def settle(folder: Path) -> None:
    """Finish or undo what an export that was killed had begun.

    Args:
        folder: The partition's folder.

    Raises:
        LakeError: It cannot be written.
    """
    with writing(folder):
        for name in TEMPORARY:
            (folder / name).unlink(missing_ok=True)
        if not (folder / NEXT).exists():
            return
        try:
            announced = _load(folder / NEXT)
        except LakeError:
            announced = None
        if announced is not None and _sha256(folder / DATA) == announced.sha256:
            (folder / NEXT).replace(folder / MANIFEST)
        else:
            (folder / NEXT).unlink()
        _sync_folder(folder)


def remove(folder: Path, trash: Path) -> None:
    """Take a partition away in one step; files that are not ours stay where they are.

    Args:
        folder: The partition's folder.
        trash: A folder on the same disk, outside of every dataset.

    Raises:
        LakeError: It cannot be removed.
    """
    with writing(folder):
        if foreign_names(folder):
            for name in (DATA, NEXT, MANIFEST):
                (folder / name).unlink(missing_ok=True)
            _sync_folder(folder)
            return
        trash.mkdir(exist_ok=True)
        target = trash / f"{folder.parent.name}-{folder.name}"
        shutil.rmtree(target, ignore_errors=True)
        folder.replace(target)
        _sync_folder(folder.parent)
        shutil.rmtree(trash)


def data_size(folder: Path) -> int | None:
    """Return the size of the data file; ``None`` when there is none."""
    try:
        return (folder / DATA).stat().st_size
    except OSError:
        return None


def foreign_names(folder: Path) -> list[str]:
    """Return what lies in a partition's folder and is not ours."""
    return sorted({path.name for path in folder.iterdir()} - _OURS)


def _load(path: Path) -> Manifest | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LakeError(f"{path} cannot be read: {error}.") from error
    try:
        return parse_manifest(text)
    except LakeError as error:
        raise LakeError(f"{path} {error}.") from error


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
