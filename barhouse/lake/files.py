"""The files of one partition, and how they change without a reader ever seeing half of it.

A partition folder holds ``part.parquet`` and ``_manifest.json``. To replace them:

1. the new data goes to a temporary file: hidden beside the old one and fsynced on a disk, on this
   machine for a lake behind a URL;
2. the new manifest is announced as ``_manifest.next.json``;
3. the data file is put into place, whole: by a rename, or by an upload that a reader sees when it
   is complete;
4. the announced manifest becomes the manifest.

The name of the data file never changes, so that whoever reads the folder by a glob finds exactly
one file, old or new, and never both. Killed between 3 and 4 the announced manifest is the true
one: the one whose hash is the data file's. ``settle`` finishes what was begun.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

from barhouse.lake import steps
from barhouse.lake.errors import LakeError, reading, writing
from barhouse.lake.manifest import Manifest, parse_manifest
from barhouse.lake.place import entries

DATA = "part.parquet"
MANIFEST = "_manifest.json"
NEXT = "_manifest.next.json"
TRASH = ".trash"

_OURS = {DATA, MANIFEST, NEXT, *steps.temporary_names(DATA, MANIFEST, NEXT)}


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
        with writing(self.folder / DATA):
            steps.put_file(Path(self.file.name), self.folder / DATA)
            steps.rename(self.folder / NEXT, self.folder / MANIFEST)


@contextmanager
def draft(folder: Path) -> Iterator[Draft]:
    """Begin to replace a partition; what is not published leaves nothing behind.

    Args:
        folder: The partition's folder; made if it is not there.

    Raises:
        LakeError: It cannot be written.
    """
    with writing(folder / DATA):
        steps.make_folder(folder)
    path = steps.temporary_path(folder / DATA)
    with writing(folder / DATA if path.parent == folder else path):
        try:
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

    Raises:
        LakeError: It cannot be written.
    """
    with writing(folder / name):
        steps.put_text(folder / name, manifest.to_json())


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
        steps.sweep(folder, (DATA, MANIFEST, NEXT))
        if not steps.exists(folder / NEXT):
            return
        try:
            announced = _load(folder / NEXT)
        except LakeError:
            announced = None
        if announced is not None and _sha256(folder / DATA) == announced.sha256:
            steps.rename(folder / NEXT, folder / MANIFEST)
        else:
            steps.unlink(folder / NEXT)


def remove(folder: Path, trash: Path) -> None:
    """Take a partition away; its data go in one step. Files of others stay where they are.

    Args:
        folder: The partition's folder.
        trash: A folder on the same disk, outside of every dataset.

    Raises:
        LakeError: It cannot be removed.
    """
    with writing(folder):
        if foreign_names(folder):
            for name in (DATA, NEXT, MANIFEST):
                steps.unlink(folder / name)
        else:
            steps.remove_folder(folder, (DATA, NEXT, MANIFEST), trash)


def data_size(folder: Path) -> int | None:
    """Return the size of the data file; ``None`` when there is none."""
    try:
        return (folder / DATA).stat().st_size
    except OSError:
        return None


def foreign_names(folder: Path) -> list[str]:
    """Return what lies in a partition's folder and is not ours."""
    return sorted({name for name, _ in entries(folder)} - _OURS)


def _load(path: Path) -> Manifest | None:
    try:
        with reading(path):
            text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise LakeError(f"{path} cannot be read: {error}.") from error
    try:
        return parse_manifest(text)
    except LakeError as error:
        raise LakeError(f"{path} {error}.") from error


def _sha256(path: Path) -> str | None:
    try:
        with reading(path), path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
