"""What the lake says when it cannot go on."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from barhouse.errors import BarhouseError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LakeError(BarhouseError):
    """The lake cannot do what was asked; the message is one sentence for the user."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the file system says into one sentence.

    Args:
        path: What is written, named in the message.

    Raises:
        LakeError: The disk is full, or the path cannot be written.
    """
    try:
        yield
    except LakeError:
        raise
    except Exception as error:
        raise _told(
            error, path, f"Cannot write {path}: {{}}; what the lake held there is as it was."
        ) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the file system says into one sentence; that nothing is there, it passes on.

    Args:
        path: What is read, named in the message.

    Raises:
        LakeError: The path cannot be read.
    """
    try:
        yield
    except (LakeError, FileNotFoundError):
        raise
    except Exception as error:
        raise _told(error, path, f"Cannot read {path}: {{}}.") from error


def _told(error: Exception, path: Path, sentence: str) -> Exception:
    # An object store's client has exceptions of its own; a disk has this one.
    if isinstance(path, Path) and not isinstance(error, OSError):
        return error
    reason = " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
    if isinstance(error, OSError) and error.errno in _FULL:
        reason = "the disk is full"
    elif isinstance(error, OSError) and error.strerror:
        reason = error.strerror.rstrip(".").lower()
    return LakeError(sentence.format(reason))
