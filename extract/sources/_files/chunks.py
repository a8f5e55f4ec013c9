"""What readers hand to the parser: columns of text, their line numbers, and what was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

MAX_SEEN: Final = 200
MAX_RECORD: Final = 4_000
_MAX_SHOWN: Final = 60

Int64s = npt.NDArray[np.int64]


class FileError(Exception):
    """The whole file cannot be read; the message is one sentence for the user."""


@dataclass(frozen=True)
class Reject:
    """One row that cannot be read.

    Attributes:
        line: Physical line, row or element number, from 1; ``None`` when there is none.
        reason: One sentence.
        record: The raw record, uncut.
        column: The file's column at fault, if one is.
        seen: The value at fault, uncut.
    """

    line: int | None
    reason: str
    record: str
    column: str | None = None
    seen: str | None = None


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file, not yet judged.

    Attributes:
        columns: Our column name -> its texts; null where the file holds nothing.
        lines: Line, row or element number of each row, from 1.
        record: Gives the raw text of the row at an index of this chunk.
        rejects: Rows the reader itself had to refuse.
        iso_times: The times come from a typed column and are ISO texts whatever ``time_format``.
    """

    columns: Mapping[str, pa.StringArray]
    lines: Int64s
    record: Callable[[int], str]
    rejects: Sequence[Reject] = field(default_factory=tuple)
    iso_times: bool = False


def cut(text: str, limit: int) -> str:
    """Cut a text to a limit and say so; control characters a database refuses are spelled out.

    Args:
        text: Any text.
        limit: Most characters kept, e.g. 200.
    """
    kept = text[:limit].replace("\x00", "\\x00")
    kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
    return kept if len(text) <= limit else f"{kept}... [cut, {len(text):,} characters]"


def shown(text: str) -> str:
    """Quote a seen value for a sentence, cut to a readable length."""
    flat = text[: _MAX_SHOWN + 1].encode("unicode_escape").decode("ascii")
    if text.isprintable():
        flat = text[: _MAX_SHOWN + 1]
    if len(text) > _MAX_SHOWN:
        return f"'{flat[:_MAX_SHOWN]}...' ({len(text):,} characters)"
    return f"'{flat}'"
