"""A thread with an event loop of its own, for an SDK that lives in one.

The SDK asks for the current event loop while it is imported, which a worker thread does not have,
and again at every request. So it is imported here and works here only; whatever loops other threads
run, this one does not touch them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for other threads, until it is closed."""

    def __init__(self, name: str) -> None:
        """Start the thread.

        Args:
            name: As threads are listed.
        """
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end and return what it returns.

        Args:
            coroutine: It must end by itself: nothing here bounds how long it takes.

        Raises:
            ConnectionError: The thread is closed.
        """
        if self._loop.is_closed():
            coroutine.close()
            raise ConnectionError("the connection was closed here")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    def close(self) -> None:
        """End the thread; coroutines that still run are cancelled."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            running = asyncio.all_tasks(self._loop)
            for task in running:
                task.cancel()
            if running:
                self._loop.run_until_complete(asyncio.wait(running))
        finally:
            self._loop.close()
