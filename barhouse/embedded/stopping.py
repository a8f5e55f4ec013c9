"""Stops the embedded server of a data directory, and deletes what it made."""

import os
import signal
import time
from pathlib import Path

from barhouse.embedded.directory import DataDirectory
from barhouse.embedded.errors import EmbeddedError
from barhouse.embedded.server import reap

_POLL_SECONDS = 0.05
_KILL_SECONDS = 10.0


def _wait_free(directory: DataDirectory, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while directory.is_locked():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    reap()
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise EmbeddedError(
            f"the embedded database (pid {pid}) belongs to another user, expected one of yours: "
            "let that user stop it"
        ) from error


def stop(data_dir: Path, *, timeout_seconds: float = 30) -> bool:
    """Stop the server of a directory, also one that is still starting.

    Args:
        data_dir: the data directory.
        timeout_seconds: how long to wait for a clean end before the process is killed; what was
            committed survives that too.

    Returns:
        True when a server was stopped, False when none ran.

    Raises:
        EmbeddedError: somebody holds the directory and cannot be stopped.
    """
    directory = DataDirectory(data_dir)
    deadline = time.monotonic() + timeout_seconds
    owner = directory.owner()
    while owner is None:
        if not directory.is_locked():
            return False
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{directory.path} is locked by a process that is not a server of ours, expected "
                "an embedded database: find it with lsof and end it"
            )
        time.sleep(_POLL_SECONDS)
        owner = directory.owner()
    _signal(owner.pid, signal.SIGTERM)
    if _wait_free(directory, timeout_seconds):
        return True
    # Ask again who has it: only the process that still holds this very lock may be killed.
    if directory.owner() == owner:
        _signal(owner.pid, signal.SIGKILL)
    if _wait_free(directory, _KILL_SECONDS):
        return True
    raise EmbeddedError(
        f"the embedded database (pid {owner.pid}) does not end, expected it to after SIGKILL: "
        f"see {directory.log_file}"
    )


def reset(data_dir: Path) -> None:
    """Stop the server of a directory and delete its data, password and logs.

    Only what the server made is deleted; other files in the directory stay.

    Args:
        data_dir: the data directory; one that is missing or empty is fine.

    Raises:
        EmbeddedError: the directory was not made by the embedded database, or is in use again.
    """
    directory = DataDirectory(data_dir)
    if not directory.path.exists() or not any(directory.path.iterdir()):
        return
    if not directory.is_ours():
        raise EmbeddedError(
            f"{directory.path} does not look like a data directory of the embedded database, "
            "expected the mark in its .lock file: nothing was deleted"
        )
    stop(directory.path)
    lock = directory.try_lock()
    if lock is None:
        raise EmbeddedError(
            f"{directory.path} was taken by another start, expected nobody there after the stop: "
            "try again"
        )
    try:
        directory.delete()
    finally:
        os.close(lock)
