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
_MOST: Final = 1000

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
        found: pa.Table = self.once(key, lambda: self.reader.table(statement, parameters))
        return found

    def once(self, key: Hashable, made: Callable[[], Any]) -> Any:
        """Return what is made of rows, which is made once while nothing is written.

        Args:
            key: Tells it from all else.
            made: Makes it; not none.
        """
        found = self.answers.get(key)
        if found is None:
            found = made()
            if len(self.answers) < _MOST:
                self.answers[key] = found
        return found


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
