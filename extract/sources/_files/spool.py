"""Keeps the rows of one file aside until the whole file is known to be good."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

import pyarrow as pa

_IN_MEMORY: Final = 64 << 20


class Spool:
    """Tables of one schema, in memory up to 64 MiB and in a temporary file beyond."""

    def __init__(self, schema: pa.Schema, folder: Path) -> None:
        """Open an empty spool.

        Args:
            schema: What every table has.
            folder: Where the temporary file goes, if there must be one.
        """
        self._file = tempfile.SpooledTemporaryFile(  # noqa: SIM115
            max_size=_IN_MEMORY, dir=str(folder)
        )
        self._sink = pa.PythonFile(self._file, mode="w")
        self._writer = pa.ipc.new_stream(self._sink, schema)
        self._finished = False
        self.row_count = 0

    def __enter__(self) -> Spool:
        """Use as a context; the rows are gone afterwards."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop the rows."""
        self._file.close()

    def add(self, table: pa.Table) -> None:
        """Append rows.

        Args:
            table: Rows of the spool's schema.
        """
        if len(table):
            self._writer.write_table(table)
            self.row_count += len(table)

    def tables(self) -> Iterator[pa.Table]:
        """Give the rows back, table by table, in order; can be called again."""
        if not self._finished:
            self._writer.close()
            self._finished = True
        self._file.seek(0)
        with pa.ipc.open_stream(pa.PythonFile(self._file, mode="r")) as reader:
            for batch in reader:
                yield pa.Table.from_batches([batch])
