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
    """Turn the operating system's errors into one sentence.

    Args:
        path: What is written, named in the message.

    Raises:
        LakeError: The disk is full, or the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        what = (
            "the disk is full"
            if error.errno in _FULL
            else (error.strerror or str(error)).lower() or type(error).__name__
        )
        raise LakeError(
            f"Cannot write {path}: {what}; what the lake held there is as it was."
        ) from error
