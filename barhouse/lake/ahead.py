"""Read ahead: the database sends the next rows while those before them are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

Item = TypeVar("Item")

_AHEAD = 6
_LOOK_SECONDS = 0.1


class _End:
    """What follows the last item, or takes its place when reading failed."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class _Ahead(Generic[Item]):
    def __init__(self, items: Iterator[Item]) -> None:
        self._items = items
        self._ready: Queue[Item | _End] = Queue(_AHEAD)
        self._is_over = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        while not isinstance(item := self._ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error

    def close(self) -> None:
        self._is_over.set()
        while self._thread.is_alive():
            try:
                self._ready.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
            self._put(_End())
        except BaseException as error:  # noqa: BLE001 - it is raised where the items are taken
            self._put(_End(error))

    def _put(self, item: Item | _End) -> bool:
        while not self._is_over.is_set():
            try:
                self._ready.put(item, timeout=_LOOK_SECONDS)
            except Full:
                continue
            return True
        return False


@contextmanager
def ahead(items: Iterator[Item]) -> Iterator[Iterator[Item]]:
    """Take items from an iterator in a thread of its own; the thread ends with the body.

    Args:
        items: Read in the thread, a few ahead of what is taken.
    """
    reader = _Ahead(items)
    try:
        yield iter(reader)
    finally:
        reader.close()
