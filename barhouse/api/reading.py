"""The way to the database: a few ADBC connections that threads share, Arrow tables out."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, Self

import pyarrow as pa
from adbc_driver_manager import Error as AdbcError

from barhouse.errors import BarhouseError

#: What tells that the connection, not the statement, is at fault: no state at all from the server,
#: or one of a lost connection or a server that stops.
_LOST = ("08", "57P")
#: A year of minutes is put in order in memory; compiling its expressions takes longer than they do.
_SESSION = ("set work_mem = '64MB'", "set jit = off")
#: No such relation, function or column.
_NOT_BUILT = ("42P01", "42883", "42703")


class Reader:
    """Runs statements; safe to share between threads."""

    def __init__(self, connect_url: Callable[[], str], connections: int) -> None:
        """Prepare to connect when first asked.

        Args:
            connect_url: Says where to connect, each time; it may start the database.
            connections: How many at most; who comes then waits.
        """
        #: Says where to connect.
        self.connect_url = connect_url
        self._connections = connections
        self._abandoned: list[Any] = []
        #: Connections that were opened up to now.
        self.opened_count = 0
        self._begin()

    def _begin(self) -> None:
        self._places = threading.BoundedSemaphore(self._connections)
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self._process = os.getpid()

    def table(
        self, statement: str, parameters: Sequence[object] = (), *, is_ours: bool = True
    ) -> pa.Table:
        """Return the rows of one statement.

        Args:
            statement: SQL, its parameters written ``$1``, ``$2`` and so on.
            parameters: Their values; they travel apart from the SQL.
            is_ours: Whether what it misses should be there.

        Raises:
            BarhouseError: The database does not answer, or refuses the statement.
        """
        if self._process != os.getpid():
            # What the process had that this one was forked from is not ours to use, nor to close,
            # as letting go of it would.
            self._abandoned += self._idle
            self._begin()
        with self._places:
            connection, is_new = self._taken()
            while True:
                try:
                    table = _run(connection, statement, parameters)
                except AdbcError as error:
                    _close(connection)
                    # A connection that waited may have been lost meanwhile, with all of them.
                    if is_new or not _is_lost(error):
                        raise BarhouseError(_sentence(error, is_ours=is_ours)) from error
                    self.close()
                    connection, is_new = self._opened(), True
                except BaseException:
                    _close(connection)
                    raise
                else:
                    self._give_back(connection)
                    return table

    def __enter__(self) -> Self:
        """Use it in a ``with`` block."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections that wait; the next statement opens a new one."""
        with self._lock:
            idle, self._idle = self._idle, []
        if self._process == os.getpid():
            for connection in idle:
                _close(connection)

    def _taken(self) -> tuple[Any, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return self._opened(), True

    def _opened(self) -> Any:
        # Only now: it brings pandas and polars with it, half a second of starting.
        from adbc_driver_postgresql import dbapi

        with self._lock:
            self.opened_count += 1
        url = self.connect_url()
        try:
            return _prepared(dbapi.connect(url, autocommit=True))
        except AdbcError as error:
            if 'role "analyst"' in str(error):
                raise BarhouseError(_sentence(error)) from error
            # What the driver says else may quote the URL, password and all.
            raise BarhouseError(
                "The database does not answer; start it, or correct its URL."
            ) from error

    def _give_back(self, connection: Any) -> None:
        with self._lock:
            self._idle.append(connection)


def _prepared(connection: Any) -> Any:
    try:
        with connection.cursor() as cursor:
            for statement in _SESSION:
                cursor.execute(statement)
    except BaseException:
        _close(connection)
        raise
    return connection


def _run(connection: Any, statement: str, parameters: Sequence[object]) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters) or None)
        return cursor.fetch_arrow_table()


def _is_lost(error: AdbcError) -> bool:
    state = error.sqlstate or ""
    return not state.strip("\0") or state.startswith(_LOST)


def _close(connection: Any) -> None:
    try:
        connection.close()
    except (AdbcError, RuntimeError):
        # It is lost already; there is nothing to be done about it.
        return


def _sentence(error: AdbcError, *, is_ours: bool = True) -> str:
    text = str(error).partition("Query was:")[0]
    text = text.partition("ERROR:")[2] or text.partition("FATAL:")[2] or text
    line = " ".join(re.split(r"\n(?:LINE \d+:|HINT:|CONTEXT:)", text)[0].split())[:500].rstrip(". ")
    if 'role "analyst"' in line:
        return "The database has no role analyst; run `barhouse db bootstrap` first."
    if is_ours and (error.sqlstate or "") in _NOT_BUILT:
        return f"The warehouse is not built, or not by this version ({line}); run `barhouse build`."
    if _is_lost(error):
        return f"The database connection failed: {line}."
    return f"The database says: {line}."
