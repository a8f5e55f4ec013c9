"""A backup goes back into an empty database, all of it or nothing."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from barhouse.backup import member_of, open_backup
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from extract.settings import Settings

_BLOCK: Final = 1 << 20
#: Where rows would show that the database is in use.
_IN_USE: Final = ("staging._dlt_loads", "staging.raw_bars", "quality.quarantine_decisions")


@dataclass(frozen=True)
class RestoredBackup:
    """What a restore did.

    Attributes:
        tables: How many tables were filled.
        rows: With how many rows.
        written: Files that were put into the project.
        differing: Files of the project that differ from those of the backup and stayed.
    """

    tables: int
    rows: int
    written: list[str]
    differing: list[str]


def restore_backup(
    settings: Settings, warehouse: Warehouse, path: Path, *, take_files: bool | None = None
) -> RestoredBackup:
    """Put a backup into a database that is bootstrapped and empty.

    Args:
        settings: The project.
        warehouse: The database, with a login that may write all of it.
        path: The backup, on a disk or behind a URL.
        take_files: Whether seeds and configuration of the backup replace those of the project;
            ``None``: they must be the same.

    Returns:
        What was done.

    Raises:
        BarhouseError: The backup is damaged, the database in use, or files differ and nobody said
            which ones count. Nothing was changed.
    """
    with open_backup(path) as (archive, content):
        differing = _differing(settings, archive, content)
        if differing and take_files is None:
            raise BarhouseError(
                f"{len(differing)} files of the project are not those of the backup "
                f"({', '.join(differing[:3])}); what is built follows them. Add --files to take "
                "those of the backup, or --keep-files to keep yours."
            )
        rows = 0
        with psycopg.connect(warehouse.url()) as connection:
            connection.execute("set local timezone = 'UTC'")
            _refuse_used(connection)
            for name, table in content["tables"].items():
                rows += _filled(connection, archive, name, table)
        if take_files:
            for name in differing:
                target = settings.project_dir / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.read(member_of(name)))
    written = differing if take_files else []
    return RestoredBackup(len(content["tables"]), rows, written, [] if take_files else differing)


def _differing(settings: Settings, archive: zipfile.ZipFile, content: dict[str, Any]) -> list[str]:
    found = []
    for name in content["files"]:
        path = (settings.project_dir / name).resolve()
        if not path.is_relative_to(settings.project_dir.resolve()):
            raise BarhouseError(f"The backup names {name}, which lies outside of the project.")
        if not path.is_file() or path.read_bytes() != archive.read(member_of(name)):
            found.append(name)
    return found


def _refuse_used(connection: psycopg.Connection) -> None:
    used = [
        name
        for name in _IN_USE
        if _value(connection, sql.SQL("select exists (select from {})").format(_table(name)))
    ]
    if _value(connection, sql.SQL("select to_regclass('core.bars_1m') is not null")):
        used.append("core.bars_1m")
    if used:
        raise BarhouseError(
            f"The database is in use ({', '.join(used)} has rows or exists); a backup goes into "
            "an empty one: `barhouse db bootstrap` a new database, or `barhouse db reset` the "
            "embedded one."
        )


def _filled(
    connection: psycopg.Connection, archive: zipfile.ZipFile, name: str, table: dict[str, Any]
) -> int:
    columns = table["columns"]
    if name.startswith("core."):
        _make_revisions(connection, name, columns)
    known = {
        str(column)
        for (column,) in connection.execute(
            "select attname from pg_catalog.pg_attribute where attrelid = to_regclass(%s)"
            " and attnum > 0 and not attisdropped",
            (name,),
        )
    }
    if unknown := sorted(set(columns) - known):
        raise BarhouseError(
            f"The backup has {name} with the columns {', '.join(unknown)}, which this database "
            "does not have; bootstrap it with the version of Barhouse that wrote the backup."
        )
    # what stands there by itself, such as the record of an empty build, makes room
    connection.execute(sql.SQL("delete from {}").format(_table(name)))
    statement = sql.SQL("copy {} ({}) from stdin").format(
        _table(name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor:
        with archive.open(member_of(name)) as member, cursor.copy(statement) as rows:
            while block := member.read(_BLOCK):
                rows.write(block)
        count = cursor.rowcount
    if count != table["rows"]:
        raise BarhouseError(
            f"The backup says that {name} has {table['rows']} rows, and {count} arrived; nothing "
            "was restored."
        )
    if name == "quality.quarantine_decisions" and count:
        # the next decision gets the next number
        connection.execute(
            "select setval(pg_get_serial_sequence(%s, 'decision_id'),"
            " (select max(decision_id) from quality.quarantine_decisions))",
            (name,),
        )
    return count


def _make_revisions(connection: psycopg.Connection, name: str, columns: dict[str, str]) -> None:
    # The build makes them with their hypertable, unless they are there; dbt must own them.
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(
            sql.Identifier(column),
            sql.SQL(kind),
            sql.SQL(" not null default now()" if column == "revised_at" else ""),
        )
        for column, kind in columns.items()
    )
    connection.execute("set local role transformer")
    connection.execute(sql.SQL("create table if not exists {} ({})").format(_table(name), listed))
    connection.execute("reset role")


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))


def _value(connection: psycopg.Connection, query: sql.SQL | sql.Composed) -> bool:
    found = connection.execute(query).fetchone()
    return bool(found and found[0])
