"""The steps by which a lake changes, each done wholly or not at all, on a disk or behind a URL.

On a disk a step is a rename after an fsync. An object store shows an object when all of it has
arrived; of any other file system behind a URL a rename is expected to be one step.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from uuid import uuid4

from barhouse.lake.place import WHOLE_OBJECTS, is_local, key, remote


def temporary_names(*names: str) -> set[str]:
    """Return the names under which files of these names are prepared."""
    return {f".{name}.tmp" for name in names}


def temporary_path(path: Path) -> Path:
    """Return where a file is to be prepared: beside it, or on this machine for a URL."""
    if is_local(path):
        return path.with_name(f".{path.name}.tmp")
    return Path(tempfile.gettempdir(), f"barhouse-{uuid4().hex}-{path.name}")


def put_text(path: Path, text: str) -> None:
    """Write a small file; one that cannot be written whole leaves nothing behind.

    Args:
        path: Where; its folder exists.
        text: What.
    """
    if not is_local(path):
        _put(path, text.encode())
        return
    temporary = temporary_path(path)
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        rename(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def put_file(prepared: Path, path: Path) -> None:
    """Put a file into place.

    Args:
        prepared: A file of this machine that is complete; on a disk, beside its place.
        path: Where it goes.
    """
    if is_local(path):
        rename(prepared, path)
    else:
        _put(path, prepared)


def rename(source: Path, target: Path) -> None:
    """Give a file its name; small files only where the lake lies behind a URL."""
    if is_local(source):
        source.replace(target)
        _sync_folder(target.parent)
    else:
        _put(target, source.read_bytes())
        unlink(source)


def sync_file(path: Path) -> None:
    """Bring a file of this machine to the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def exists(path: Path) -> bool:
    """Say whether there is such a file."""
    return path.exists()


def unlink(path: Path) -> None:
    """Take a file away, if it is there."""
    if is_local(path):
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)
    elif path.exists():
        remote(path).rm_file(key(path))


def sweep(folder: Path, names: Iterable[str]) -> None:
    """Take away what was being prepared under these names."""
    for name in temporary_names(*names):
        (folder / name).unlink(missing_ok=True) if is_local(folder) else unlink(folder / name)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; behind a URL a folder is only a part of a name."""
    if not is_local(folder):
        if not _is_object_store(folder):
            remote(folder).makedirs(key(folder), exist_ok=True)
        return
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        # another thread of an export may make it as well
        folder.mkdir()
    except FileExistsError as error:
        if not folder.is_dir():
            reason = os.strerror(errno.ENOTDIR)
            raise NotADirectoryError(errno.ENOTDIR, reason, str(folder)) from error
    _sync_folder(folder.parent)


def remove_folder(folder: Path, names: Iterable[str], trash: Path) -> None:
    """Take a folder away: on a disk at once, behind a URL file by file.

    Args:
        folder: Which.
        names: The files in it, in the order in which they go.
        trash: A folder on the same disk.
    """
    if not is_local(folder):
        for name in names:
            unlink(folder / name)
        if not _is_object_store(folder):
            remote(folder).rm(key(folder), recursive=True)
        return
    trash.mkdir(exist_ok=True)
    target = trash / f"{folder.parent.name}-{folder.name}"
    shutil.rmtree(target, ignore_errors=True)
    folder.replace(target)
    _sync_folder(folder.parent)
    shutil.rmtree(trash)


def empty(trash: Path) -> None:
    """Take away what a removal that was killed has left; there is nothing such behind a URL."""
    if is_local(trash) and trash.exists():
        shutil.rmtree(trash)


@contextmanager
def readable(path: Path) -> Iterator[BufferedReader]:
    """Open a file to be read more than once: from behind a URL it is fetched once.

    Args:
        path: Which.

    Raises:
        FileNotFoundError: It is not there.
    """
    if is_local(path):
        with path.open("rb") as file:
            yield file
        return
    with tempfile.NamedTemporaryFile(prefix="barhouse-") as fetched:
        remote(path).get_file(key(path), fetched.name)
        with Path(fetched.name).open("rb") as file:
            yield file


def _is_object_store(path: Path) -> bool:
    protocol = remote(path).protocol
    return bool(WHOLE_OBJECTS & {*([protocol] if isinstance(protocol, str) else protocol)})


def _put(path: Path, content: bytes | Path) -> None:
    system = remote(path)
    is_whole = _is_object_store(path)
    place = path if is_whole else path.with_name(f".{path.name}.tmp")
    if isinstance(content, bytes):
        system.pipe_file(key(place), content)
    else:
        system.put_file(str(content), key(place))
    if not is_whole:
        system.mv(key(place), key(path))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
