"""What came of a run so far, and whether there is any sense in going on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from extract.api.download import Fetched
from extract.api.feed import Fault
from extract.providers import Progressed

#: So many requests in a row that all failed, and the provider is taken to be down.
PATIENCE = 5


@dataclass
class Tally:
    """Counts requests and rows, and tells whoever watches.

    Attributes:
        watch: Called after each change.
        refused: The fault of a key that is not accepted.
    """

    watch: Callable[[Progressed], None]
    refused: Fault | None = None
    _planned: int = 0
    _done: int = 0
    _failed: int = 0
    _rows: int = 0
    _retries: int = 0
    _waited: float = 0.0
    _hopeless_in_a_row: int = 0

    @property
    def left(self) -> int:
        """Requests that were planned and have no outcome."""
        return self._planned - self._done

    @property
    def is_hopeless(self) -> bool:
        """Whether the last requests all failed, whatever the wait."""
        return self._hopeless_in_a_row >= PATIENCE

    def plan(self, count: int) -> None:
        """Note requests to come.

        Args:
            count: How many.
        """
        self._planned += count
        self._tell()

    def count_fetched(self, fetched: Fetched) -> None:
        """Note what came of a window.

        Args:
            fetched: The window.
        """
        self._rows += fetched.row_count
        self._retries += fetched.retry_count
        self._waited += fetched.wait_seconds
        self.count(fetched.fault)

    def count(self, fault: Fault | None) -> None:
        """Note the outcome of a request.

        Args:
            fault: Why it brought nothing, if something was wrong.
        """
        self._done += 1
        if fault is None:
            self._hopeless_in_a_row = 0
        else:
            self._failed += 1
            if fault.kind == "refused":
                self.refused = fault
            if fault.kind in ("retry", "rate_limited"):
                self._hopeless_in_a_row += 1
        self._tell()

    def _tell(self) -> None:
        self.watch(
            Progressed(
                planned_count=self._planned,
                done_count=self._done,
                failed_count=self._failed,
                row_count=self._rows,
                retry_count=self._retries,
                wait_seconds=self._waited,
            )
        )
