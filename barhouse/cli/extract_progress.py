"""How a run of extracts shows how far it is: bars on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.progress import TimeRemainingColumn as Remaining

from extract.providers import Progressed

_SECONDS_BETWEEN_LINES = 15.0


class ExtractProgress:
    """Progress of one or several providers; updates may come from several threads."""

    def __init__(self, console: Console, *, is_silent: bool = False) -> None:
        """Show nothing yet.

        Args:
            console: Where to.
            is_silent: Whether to show nothing at all, because logs are written instead.
        """
        self._console = console
        self._is_silent = is_silent
        self._lock = Lock()
        self._tasks: dict[str, TaskID] = {}
        self._told_at: dict[str, float] = {}
        self._rows: dict[str, int] = {}
        self._watched: set[str] = set()
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[said]}"),
            Remaining(),
            console=console,
            transient=True,
            disable=is_silent or not console.is_terminal,
        )

    def __enter__(self) -> ExtractProgress:
        """Begin to show."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear what was shown."""
        self._bars.stop()

    def watcher(self, provider: str) -> Callable[[Progressed], None]:
        """Return what a provider calls as its requests are answered.

        Args:
            provider: Its name.
        """
        return lambda progressed: self._requests(provider, progressed)

    def row_counter(self, provider: str) -> Callable[[str, int], None]:
        """Return what is called with landing table and rows as rows are handed over.

        Args:
            provider: Its name.
        """
        return lambda table, rows: self._count_rows(provider, table, rows)

    def _requests(self, provider: str, progressed: Progressed) -> None:
        said = f"{progressed.row_count:,} rows"
        if progressed.failed_count:
            said += f", {progressed.failed_count:,} failed"
        if progressed.retry_count:
            said += f", {progressed.retry_count:,} retries"
        with self._lock:
            self._watched.add(provider)
            self._bars.update(
                self._task(provider),
                total=progressed.planned_count,
                completed=progressed.done_count,
                said=said,
            )
            of = f"{progressed.done_count:,} of {progressed.planned_count:,} requests"
            self._tell_now_and_then(provider, f"{of}, {said}")

    def _count_rows(self, provider: str, table: str, rows: int) -> None:
        if table == "requests":
            return
        with self._lock:
            if provider in self._watched:  # its requests say more
                return
            self._rows[provider] = self._rows.get(provider, 0) + rows
            total = self._rows[provider]
            self._bars.update(self._task(provider), said=f"{total:,} rows")
            self._tell_now_and_then(provider, f"{total:,} rows so far")

    def _task(self, provider: str) -> TaskID:
        if provider not in self._tasks:
            self._tasks[provider] = self._bars.add_task(provider, total=None, said="")
        return self._tasks[provider]

    def _tell_now_and_then(self, provider: str, said: str) -> None:
        if self._console.is_terminal or self._is_silent:
            return
        now = time.monotonic()
        if now - self._told_at.setdefault(provider, now) >= _SECONDS_BETWEEN_LINES:
            self._told_at[provider] = now
            self._console.print(f"{provider}: {said}", markup=False)
