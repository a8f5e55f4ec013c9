"""Small answers of the database that hold as long as nothing is written to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Hashable, Sequence, Sized
from dataclasses import dataclass
from typing import Any, Final

import psycopg
import pyarrow as pa

from barhouse.api.reading import Reader

#: Which transactions are visible. Two that are the same see the same rows: each transaction that
#: writes ends by making them differ.
_SNAPSHOT: Final = "select pg_current_snapshot()::text as snapshot"
_NAME: Final = b"barhouse_snapshot"
_TOLD: Final = psycopg.pq.ExecStatus.TUPLES_OK
#: Of so many questions the answers are known, as far as both are small.
_MOST: Final = 256
_MOST_BYTES: Final = 64 << 10
_MOST_ITEMS: Final = 1000

_Answers = dict[Hashable, Any]


@dataclass(frozen=True)
class Moment:
    """The database as it was when a question came, or later.

    Attributes:
        reader: The database.
        answers: What is known to hold at this moment.
    """

    reader: Reader
    answers: _Answers

    def table(self, statement: str, parameters: Sequence[object] = ()) -> pa.Table:
        """Return the rows of one statement, which are asked for once while nothing is written.

        Args:
            statement: SQL that depends on rows alone: not on the time, nor on the session.
            parameters: Their values.

        Raises:
            BarhouseError: The database does not answer, or refuses the statement.
        """
        key = statement, repr(parameters)
        found: pa.Table | None = self.answers.get(key)
        if found is None:
            found = self.reader.table(statement, parameters)
            if max(found.nbytes, len(key[1])) <= _MOST_BYTES:
                self._keep(key, found)
        return found

    def known(self, key: Hashable, find: Callable[[], Any]) -> Any:
        """Return something small that follows from rows, found once while nothing is written.

        Args:
            key: Tells it from all else.
            find: Finds it; never none.
        """
        found = self.answers.get(key)
        if found is None:
            found = find()
            if not isinstance(found, Sized) or len(found) <= _MOST_ITEMS:
                self._keep(key, found)
        return found

    def _keep(self, key: Hashable, found: object) -> None:
        if len(self.answers) >= _MOST:
            self.answers.clear()
        self.answers[key] = found


class _Look:
    """One connection that asks for the snapshot, in a fifth of the time that ADBC takes for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._connection: psycopg.Connection | None = None
        self._abandoned: list[object] = []
        self.opened_count = 0

    def snapshot(self, url_of: Callable[[], str]) -> bytes | None:
        """Return what is visible; none where that is not to be had, which then tells why."""
        with self._lock:
            if self._process != os.getpid():
                # Of the process that this one was forked from: not ours to close.
                self._abandoned.append(self._connection)
                self._connection, self._process = None, os.getpid()
            try:
                if self._connection is None:
                    self._connection = psycopg.connect(url_of(), autocommit=True)
                    self._connection.pgconn.prepare(_NAME, _SNAPSHOT.encode())
                    self.opened_count += 1
                said = self._connection.pgconn.exec_prepared(_NAME, [])
            except psycopg.Error:
                said = None
            if said is not None and said.status == _TOLD:
                return said.get_value(0, 0)
            self._let_go()
            return None

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        with self._lock:
            if self._process == os.getpid():
                self._let_go()

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class Standing:
    """Tells whether anything was written since the last question."""

    def __init__(self, reader: Reader) -> None:
        """Know nothing yet.

        Args:
            reader: The database.
        """
        #: The database.
        self.reader = reader
        self._lock = threading.Lock()
        self._look = _Look()
        self._state: object = None
        self._answers: _Answers = {}

    def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        self._look.close()
        self.reader.close()

    def moment(self) -> Moment:
        """Return the database as it is now.

        Raises:
            BarhouseError: It does not answer.
        """
        snapshot = self._look.snapshot(self.reader.connect_url)
        if snapshot is None:
            snapshot = self.reader.table(_SNAPSHOT)["snapshot"][0].as_py().encode()
        # Behind a new connection there may be another server.
        state = snapshot, self._look.opened_count, max(self.reader.opened_count, 1)
        with self._lock:
            if state != self._state:
                # What was asked for at an earlier moment is put where nobody looks any more.
                self._state, self._answers = state, {}
            return Moment(self.reader, self._answers)
