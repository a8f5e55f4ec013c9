"""Plain COPY of minutes, out of core.bars_1m and into an empty hypertable of the same shape."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import psycopg

PLAIN: Final = "ops.plain_bars"
_BLOCK: Final = 1 << 20
_MADE: Final = (
    f"drop table if exists {PLAIN}",
    f"create table {PLAIN} (like core.bars_1m)",
    (
        f"select create_hypertable('{PLAIN}', by_range('bar_start_at', interval '7 days'),"
        " create_default_indexes => false)"
    ),
    f"alter table {PLAIN} add primary key (instrument_id, bar_start_at)",
    "checkpoint",
)


def copy_out(connection: psycopg.Connection, path: Path, where: str = "true") -> float:
    """Copy minutes to a file, in binary; returns seconds.

    Args:
        connection: Of an administrator, with autocommit.
        path: The file.
        where: SQL over the columns: which minutes.
    """
    rows_of = f"copy (select * from core.bars_1m where {where}) to stdout (format binary)"
    began = time.perf_counter()
    with (
        path.open("wb") as file,
        connection.cursor() as cursor,
        cursor.copy(rows_of.encode()) as rows,
    ):
        for block in rows:
            file.write(block)
    return time.perf_counter() - began


def make_plain(connection: psycopg.Connection) -> None:
    """Make an empty hypertable with the columns, chunks and key of core.bars_1m.

    Args:
        connection: Of an administrator, with autocommit.
    """
    for statement in _MADE:
        connection.execute(statement.encode())


def copy_in(connection: psycopg.Connection, path: Path) -> float:
    """Copy minutes from a file into a new :data:`PLAIN`; returns seconds.

    Args:
        connection: Of an administrator, with autocommit.
        path: Of :func:`copy_out`.
    """
    make_plain(connection)
    began = time.perf_counter()
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(f"copy {PLAIN} from stdin (format binary)".encode()) as rows,
    ):
        while block := file.read(_BLOCK):
            rows.write(block)
    return time.perf_counter() - began
