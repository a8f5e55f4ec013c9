"""Memory of long extracts: what a large answer needed goes back to the system."""

from __future__ import annotations

import ctypes

import pyarrow as pa

_M_ARENA_MAX = -8
_M_MMAP_THRESHOLD = -3
_MAPPED_FROM = 128 * 1024


def keep_memory_flat() -> None:
    """Have few reserves kept by the allocators of this process, for the rest of its life.

    Arrow's own allocators keep what one load needed for the next, and the C library a reserve per
    thread. The C library also learns to place columns between small things, where the room they
    leave cannot be given back. Together that is more than all rows on their way. Elsewhere than
    with glibc only the first is done.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    _call_glibc("mallopt", _M_ARENA_MAX, 2)
    _call_glibc("mallopt", _M_MMAP_THRESHOLD, _MAPPED_FROM)


def give_memory_back() -> None:
    """Return to the system what lies free between two loads."""
    _call_glibc("malloc_trim", 0)


def _call_glibc(name: str, *arguments: int) -> None:
    try:
        function = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError, TypeError):
        return
    function(*arguments)
