"""Memory for columns, from the pool that Arrow keeps.

A large array that is made anew gets pages that the system has to clear first, which takes longer
than most arithmetic on it. Arrow's pool gives back what was let go.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Doubles = npt.NDArray[np.float64]


def doubles(count: int) -> Doubles:
    """Return an array whose values are anything.

    Args:
        count: Its length.
    """
    if not count:
        return np.empty(0)
    return np.frombuffer(pa.allocate_buffer(8 * count), np.float64)


def own(column: pa.ChunkedArray) -> Doubles:
    """Return the values of a column of doubles as an array that nobody else has.

    Args:
        column: A missing value becomes NaN.
    """
    chunks = [chunk for chunk in column.chunks if len(chunk)]
    if len(chunks) > 1 and not column.null_count:
        # In one step, into new memory.
        joined = pa.concat_arrays(chunks)
        return np.frombuffer(joined.buffers()[1], np.float64, len(joined))
    parts = [chunk.to_numpy(zero_copy_only=False) for chunk in chunks]
    return np.concatenate(parts, out=doubles(len(column))) if parts else doubles(0)


def blank(count: int, head: int) -> Doubles:
    """Return an array that begins with NaN; its other values are anything.

    Args:
        count: Its length.
        head: How many values are NaN, at most all.
    """
    made = doubles(count)
    made[:head] = np.nan
    return made
