"""Tell how far a long extract is, now and then."""

from __future__ import annotations

from collections.abc import Callable

_EVERY = 50_000


class RowProgress:
    """A callback for :func:`extract.pipelines.land` that says how many rows were handed over."""

    def __init__(self, label: str, say: Callable[[str], None]) -> None:
        """Start counting.

        Args:
            label: What is being done, e.g. ``sample``.
            say: Takes one line, e.g. a logger's ``info``.
        """
        self._label = label
        self._say = say
        self._rows = 0
        self._said = 0

    def __call__(self, table: str, rows: int) -> None:
        """Count rows of a landing table; the ledger's own do not count."""
        if table == "requests":
            return
        self._rows += rows
        if self._rows - self._said >= _EVERY:
            self._said = self._rows
            self._say(f"{self._label}: {self._rows:,} rows so far")
