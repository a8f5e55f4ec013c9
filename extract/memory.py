"""Memory of long extracts: what a large answer needed goes back to the system."""

from __future__ import annotations

import ctypes

import pyarrow as pa

_M_ARENA_MAX = -8


def keep_memory_flat() -> None:
    """Have few reserves kept by the allocators of this process, for the rest of its life.

    Arrow's own allocators keep what one load needed for the next, and the C library a reserve per
    thread; together that is more than all rows on their way. Elsewhere than with glibc only the
    first is done.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_M_ARENA_MAX, 2)
