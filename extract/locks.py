"""One process at a time: a lock file that the kernel lets go however its holder ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def held(path: Path, refusal: Exception) -> Iterator[None]:
    """Hold a lock file while the block runs.

    Args:
        path: The lock file; it and its folder are made if they are not there.
        refusal: What to raise when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise refusal from None
        yield
