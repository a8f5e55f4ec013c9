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


def missing(count: int) -> Doubles:
    """Return an array of NaN.

    Args:
        count: Its length.
    """
    made = doubles(count)
    made.fill(np.nan)
    return made
