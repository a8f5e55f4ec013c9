"""Small answers of the database that hold as long as nothing is written to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from barhouse.api.reading import Reader

#: Which transactions are visible. Two that are the same see the same rows: each transaction that
#: writes ends by making them differ.
_SNAPSHOT: Final = "select pg_current_snapshot()::text as snapshot"
#: Of so many questions the answers are known, as far as both are small.
_MOST: Final = 256
_MOST_BYTES: Final = 64 << 10

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

    def count(self, key: Hashable, counted: Callable[[], int]) -> int:
        """Return a number of rows, which are counted once while nothing is written.

        Args:
            key: Tells it from all else.
            counted: Counts.
        """
        found: int | None = self.answers.get(key)
        if found is None:
            found = counted()
            self._keep(key, found)
        return found

    def _keep(self, key: Hashable, found: object) -> None:
        if len(self.answers) >= _MOST:
            self.answers.clear()
        self.answers[key] = found


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
        self._state: object = None
        self._answers: _Answers = {}

    def moment(self) -> Moment:
        """Return the database as it is now.

        Raises:
            BarhouseError: It does not answer.
        """
        snapshot = self.reader.table(_SNAPSHOT)["snapshot"][0].as_py()
        # Behind a new connection there may be another server.
        state = snapshot, self.reader.opened_count
        with self._lock:
            if state != self._state:
                # What was asked for at an earlier moment is put where nobody looks any more.
                self._state, self._answers = state, {}
            return Moment(self.reader, self._answers)
