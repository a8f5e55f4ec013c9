"""Memory for columns, from the pool that Arrow keeps.

A large array that is made anew gets pages that the system has to clear first, which takes longer
than most arithmetic on it. Arrow's pool gives back what was let go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Doubles = npt.NDArray[np.float64]

#: So few numpy has at hand itself.
_FEW = 8192


def doubles(count: int) -> Doubles:
    """Return an array whose values are anything.

    Args:
        count: Its length.
    """
    if count <= _FEW:
        return np.empty(count)
    return np.frombuffer(pa.allocate_buffer(8 * count), np.float64)


def put(parts: Iterable[pa.Array | npt.NDArray[Any]], row: Doubles) -> None:
    """Write the parts of a column into a row.

    Args:
        parts: Numbers; a missing one becomes NaN.
        row: As long as all parts.
    """
    at = 0
    for part in parts:
        values = part.to_numpy(zero_copy_only=False) if isinstance(part, pa.Array) else part
        row[at : at + len(values)] = values
        at += len(values)
