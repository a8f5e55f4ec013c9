"""Bring a database to the state that extract and dbt expect.

The base files of ``sql_bootstrap`` describe the newest state and are idempotent; those that changed
since they were last applied are applied again. Migrations are applied once each, in order, and an
applied one must never change.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psycopg

from barhouse.errors import BarhouseError

_LEDGER = "ops.schema_versions"


@dataclass(frozen=True)
class SchemaFile:
    """One file of ``sql_bootstrap``."""

    name: str
    kind: Literal["base", "migration"]
    sql: str

    @property
    def sha256(self) -> str:
        """Checksum of the file's content, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def schema_files(folder: Path) -> list[SchemaFile]:
    """Read ``sql_bootstrap``: base files by name, then migrations by name.

    Args:
        folder: The folder ``sql_bootstrap`` of the project.

    Raises:
        BarhouseError: The folder holds no SQL.
    """
    base = [_read(path, "base") for path in sorted(folder.glob("*.sql"))]
    migrations = [_read(path, "migration") for path in sorted(folder.glob("migrations/*.sql"))]
    if not base:
        raise BarhouseError(f"{folder} holds no .sql file; expected the files of the project.")
    return base + migrations


def bootstrap(database_url: str, folder: Path) -> list[str]:
    """Apply what the database does not have yet.

    Args:
        database_url: The database, as a login that may create roles and schemas.
        folder: The folder ``sql_bootstrap`` of the project.

    Returns:
        Names of the files that were applied; empty when the database was up to date.

    Raises:
        BarhouseError: A file fails, an applied migration was edited, or the database is newer.
    """
    files = schema_files(folder)
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            return _apply(connection, files)
    except psycopg.OperationalError as error:
        raise BarhouseError(
            f"The database does not answer: {_line(error)}; check BARHOUSE_DATABASE_URL, then run "
            "`barhouse db bootstrap` again."
        ) from error


def is_bootstrapped(database_url: str, folder: Path) -> bool:
    """Tell whether every file of ``sql_bootstrap`` is applied in its present form.

    Args:
        database_url: The database, in any role that may read ``ops``.
        folder: The folder ``sql_bootstrap`` of the project.

    Raises:
        BarhouseError: The login may not read ``ops``.
    """
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            applied = _applied(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise BarhouseError(
            f"The login of BARHOUSE_DATABASE_URL may not read the warehouse ({_line(error)}); "
            "expected the login that ran `barhouse db bootstrap`, or one granted loader, "
            "transformer and analyst."
        ) from error
    return all(applied.get(file.name) == file.sha256 for file in schema_files(folder))


def _apply(connection: psycopg.Connection, files: list[SchemaFile]) -> list[str]:
    known = _applied(connection)
    _refuse_newer(known, files)
    done = []
    for file in files:
        if known.get(file.name) == file.sha256:
            continue
        if file.kind == "migration" and file.name in known:
            raise BarhouseError(
                f"{file.name} was changed after it was applied to this database; expected the file "
                "as it was. Restore it and put the change into a new migration."
            )
        try:
            with connection.transaction():
                connection.execute(file.sql.encode())
        except psycopg.Error as error:
            raise BarhouseError(
                f"{file.name} could not be applied: {_line(error)}; the files before it stand, put "
                "this right and run `barhouse db bootstrap` again."
            ) from error
        done.append(file)
    with connection.transaction():
        for file in done:
            connection.execute(
                "insert into ops.schema_versions (file_name, kind, sha256) values (%s, %s, %s)"
                " on conflict (file_name) do update"
                " set sha256 = excluded.sha256, applied_at = now()",
                (file.name, file.kind, file.sha256),
            )
    return [file.name for file in done]


def _applied(connection: psycopg.Connection) -> dict[str, str]:
    found = connection.execute("select to_regclass(%s) is not null", (_LEDGER,)).fetchone()
    if not found or not found[0]:
        return {}
    rows = connection.execute("select file_name, sha256 from ops.schema_versions").fetchall()
    return {str(name): str(sha256) for name, sha256 in rows}


def _refuse_newer(known: dict[str, str], files: list[SchemaFile]) -> None:
    ours = {file.name for file in files}
    newer = sorted(name for name in known if "/" in name and name not in ours)
    if newer:
        raise BarhouseError(
            f"The database has migration {newer[-1]}, which this Barhouse does not know; "
            "expected an older or equal database. Update Barhouse."
        )


def _read(path: Path, kind: Literal["base", "migration"]) -> SchemaFile:
    name = path.name if kind == "base" else f"migrations/{path.name}"
    return SchemaFile(name, kind, path.read_text(encoding="utf-8"))


def _line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
