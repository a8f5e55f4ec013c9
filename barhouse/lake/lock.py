"""One writer at a time: flock on ``.lock``, which the kernel drops however the process ends.

For a lake behind a URL the lock lies on this machine, since an object store has none: of several
machines only one may write to a lake.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from barhouse.lake.errors import LakeError, writing
from barhouse.lake.place import is_local

LOCK = ".lock"
# ``is_locked`` holds the lock for an instant; a writer outlasts that.
_PATIENCE_SECONDS = 1.0


@contextmanager
def locked(lake_dir: Path) -> Iterator[None]:
    """Hold the lake for writing.

    Args:
        lake_dir: The lake; made if it is not there.

    Raises:
        LakeError: Another process is writing, or the folder cannot be written.
    """
    path = _lock_file(lake_dir)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
                raise LakeError(
                    f"Another export is writing to {lake_dir} (process {holder or 'unknown'}); "
                    "try again when it has ended."
                )
            time.sleep(0.05)
        with writing(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_locked(lake_dir: Path) -> bool:
    """Say whether an export is writing just now."""
    try:
        descriptor = os.open(_lock_file(lake_dir), os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _lock_file(lake_dir: Path) -> Path:
    if is_local(lake_dir):
        return lake_dir / LOCK
    name = hashlib.sha256(str(lake_dir).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir(), f"barhouse-{os.getuid()}", f"{name}.lock")


def _try(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
