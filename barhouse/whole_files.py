"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from barhouse.errors import BarhouseError


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one step: whatever fails, the file that was there stays.

    Args:
        path: Where; its folder must be there, and of a link it is what the link names.
        text: What, written as UTF-8.

    Raises:
        BarhouseError: It cannot be written; the message says why.
    """
    target = path.resolve()
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise BarhouseError(
            f"{path} cannot be written ({error.strerror or error}); expected the path of a file in "
            "a folder that is there."
        ) from error
