"""Answers that are kept: in this process, and in a Redis that others share.

An answer is kept under a hash of the question and of the versions of all that it depends on
(``ops.ops_answer_versions``). A publish changes the versions of what it changes, so nothing is ever
found that does not hold, and nothing needs to be deleted: what is out of date is never asked for
again and goes by age or size.
"""

from __future__ import annotations

import hashlib
import threading
import time
import warnings
from collections import OrderedDict
from typing import Any, Final, Protocol

import pyarrow as pa

from barhouse.errors import BarhouseError
from extract.settings import Settings

#: Part of every key: to be raised when what is kept would be read differently.
_FORM: Final = "barhouse:1:"
_REDIS_SECONDS: Final = 0.25
_REDIS_PAUSE_SECONDS: Final = 30.0
_REDIS_MOST_BYTES: Final = 64 << 20


class Keeper(Protocol):
    """Somewhere answers are kept."""

    def get(self, key: str) -> pa.Table | None:
        """Return what was kept under a key."""

    def put(self, key: str, table: pa.Table) -> None:
        """Keep an answer."""


def key_of(question: object, versions: object) -> str:
    """Return the name an answer is kept under.

    Args:
        question: Its text tells it from any other.
        versions: Of all that the answer depends on.
    """
    return _FORM + hashlib.sha256(repr((question, versions)).encode()).hexdigest()


class LocalKeeper:
    """Keeps answers in this process, those asked for last."""

    def __init__(self, most_bytes: int, seconds: float) -> None:
        """Keep nothing yet.

        Args:
            most_bytes: Of all answers together; one may take half of it.
            seconds: After so long an answer is fetched anew.
        """
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tables: OrderedDict[str, tuple[pa.Table, float]] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> pa.Table | None:
        """Return what was kept under a key."""
        with self._lock:
            found = self._tables.get(key)
            if found is None:
                return None
            if found[1] < time.monotonic():
                self._drop(key)
                return None
            self._tables.move_to_end(key)
            return found[0]

    def put(self, key: str, table: pa.Table) -> None:
        """Keep an answer; those asked for longest ago make room."""
        if table.nbytes > self._most_bytes / 2:
            return
        with self._lock:
            if key in self._tables:
                self._drop(key)
            self._tables[key] = (table, time.monotonic() + self._seconds)
            self._bytes += table.nbytes
            while self._bytes > self._most_bytes:
                self._drop(next(iter(self._tables)))

    def _drop(self, key: str) -> None:
        self._bytes -= self._tables.pop(key)[0].nbytes


class RedisKeeper:
    """Keeps answers in a Redis; one that is dead or slow is done without."""

    def __init__(self, url: str, seconds: float) -> None:
        """Prepare to connect.

        Args:
            url: Such as ``redis://127.0.0.1:6379/0``.
            seconds: After so long an answer goes.

        Raises:
            BarhouseError: The URL cannot be used, or the package is not installed.
        """
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError as error:
            raise BarhouseError(
                "BARHOUSE_REDIS_URL is set, but the package redis is not installed; install it "
                '(pip install "barhouse[redis]") or unset the variable.'
            ) from error
        self._faults = (redis.RedisError, OSError)
        self._milliseconds = max(int(seconds * 1000), 1)
        self._paused_until = 0.0
        self._has_warned = False
        try:
            self._client: Any = redis.Redis.from_url(
                url,
                socket_timeout=_REDIS_SECONDS,
                socket_connect_timeout=_REDIS_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
        except ValueError as error:
            # What is said of the URL may quote it, password and all.
            raise BarhouseError(
                "BARHOUSE_REDIS_URL cannot be used; expected redis://host:port/number, with "
                "user:password@ before the host where it has one."
            ) from error

    def get(self, key: str) -> pa.Table | None:
        """Return what was kept under a key."""
        content = self._asked(lambda: self._client.get(key))
        if content is None:
            return None
        try:
            with pa.ipc.open_stream(content) as stream:
                return stream.read_all()
        except (pa.ArrowException, OSError):
            # Cut off or not ours: as if nothing was there.
            return None

    def put(self, key: str, table: pa.Table) -> None:
        """Keep an answer, unless it is large."""
        if table.nbytes > 4 * _REDIS_MOST_BYTES:
            return
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
            stream.write_table(table)
        content = sink.getvalue()
        if content.size <= _REDIS_MOST_BYTES:
            self._asked(lambda: self._client.set(key, memoryview(content), px=self._milliseconds))

    def _asked(self, ask: Any) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        try:
            return ask()
        except self._faults as error:
            self._paused_until = time.monotonic() + _REDIS_PAUSE_SECONDS
            if not self._has_warned:
                self._has_warned = True
                warnings.warn(
                    f"Redis does not answer ({type(error).__name__}); the API goes on without it "
                    "and tries again every half minute.",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return None


class Keepers:
    """The near keeper, then the far one."""

    def __init__(self, keepers: list[Keeper]) -> None:
        """Ask them in this order.

        Args:
            keepers: None of them: nothing is kept.
        """
        self._keepers = keepers

    def __bool__(self) -> bool:
        """Whether anything is kept."""
        return bool(self._keepers)

    def get(self, key: str) -> pa.Table | None:
        """Return what was kept; those who did not have it keep it, too."""
        for place, keeper in enumerate(self._keepers):
            found = keeper.get(key)
            if found is not None:
                for nearer in self._keepers[:place]:
                    nearer.put(key, found)
                return found
        return None

    def put(self, key: str, table: pa.Table) -> None:
        """Keep an answer everywhere."""
        for keeper in self._keepers:
            keeper.put(key, table)


def keepers_of(settings: Settings, most_bytes: int, seconds: float) -> Keepers:
    """Return where answers are kept.

    Args:
        settings: May name a Redis.
        most_bytes: In this process; 0 keeps nothing, in Redis neither.
        seconds: How long.

    Raises:
        BarhouseError: The Redis that is named cannot be used.
    """
    keepers: list[Keeper] = []
    if most_bytes > 0:
        keepers.append(LocalKeeper(most_bytes, seconds))
        if settings.redis_url:
            keepers.append(RedisKeeper(settings.redis_url, seconds))
    return Keepers(keepers)
