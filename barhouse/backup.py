"""Backups of the small rest: what neither the lake holds nor the providers would give again.

One zip file: a manifest, the tables as PostgreSQL's own COPY writes them, and the files a user
edits. Bars are not in it: ``landed_bars`` of the lake has them.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.lake import steps
from barhouse.lake.errors import reading, writing
from barhouse.lake.place import BACKUPS, entries
from extract.settings import Settings

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"

#: What is backed up where it exists. The rest of the database is built from these and the lake.
TABLES: Final = (
    "staging._dlt_loads",
    "staging._dlt_version",
    "staging._dlt_pipeline_state",
    "staging.requests",
    "staging.raw_splits",
    "staging.raw_dividends",
    "staging.raw_sessions",
    "staging.raw_assets",
    "staging.raw_rejects",
    "quality.quarantined_days",
    "quality.quarantine_decisions",
    "ops.test_results",
    "core.bars_1m_revisions",
    "core.bars_intraday_revisions",
    "core.bars_1d_revisions",
)
#: What a user edits; never ``.env``, which holds secrets.
FILES: Final = ("seeds/*.csv", "config/**/*.yaml", "dbt_project.yml")

_PREFIX: Final = "barhouse-"


@dataclass(frozen=True)
class Backup:
    """A backup that was written.

    Attributes:
        path: Where it lies.
        tables: How many tables it has.
        rows: How many rows.
        files: How many files.
        bytes: Its size.
    """

    path: Path
    tables: int
    rows: int
    files: int
    bytes: int


def write_backup(
    settings: Settings, warehouse: Warehouse, target: Path, *, made_at: datetime
) -> Backup:
    """Write a backup of one state of the database, and of the files beside it.

    Args:
        settings: The project.
        warehouse: The database.
        target: The folder to write it to, on a disk or behind a URL.
        made_at: Noted, and part of the name; UTC.

    Returns:
        What was written.

    Raises:
        BarhouseError: The login may not read a table, or the file cannot be written.
    """
    name = f"{_PREFIX}{made_at:%Y%m%dT%H%M%SZ}.zip"
    content: dict[str, Any] = {"format": FORMAT, "made_at": made_at.isoformat()}
    with writing(target / name):
        steps.make_folder(target)
    temporary = steps.temporary_path(target / name)
    with writing(temporary):
        try:
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                content["tables"] = _tables(warehouse, archive)
                content["files"] = _files(settings, archive)
                archive.writestr(MANIFEST, json.dumps(content, indent=2))
            steps.sync_file(temporary)
            size = temporary.stat().st_size
            with writing(target / name):
                steps.put_file(temporary, target / name)
        finally:
            temporary.unlink(missing_ok=True)
    rows = sum(table["rows"] for table in content["tables"].values())
    return Backup(target / name, len(content["tables"]), rows, len(content["files"]), size)


def backups_in(folder: Path) -> list[Path]:
    """Return the backups of a folder, the oldest first.

    Args:
        folder: On a disk or behind a URL; need not exist.
    """
    try:
        with reading(folder):
            names = [name for name, is_folder in entries(folder) if not is_folder]
    except FileNotFoundError:
        return []
    return [folder / name for name in names if name.startswith(_PREFIX) and name.endswith(".zip")]


def prune_backups(folder: Path, keep: int) -> int:
    """Remove all but the newest backups of a folder.

    Args:
        folder: On a disk or behind a URL.
        keep: How many stay.

    Returns:
        How many were removed.
    """
    old = backups_in(folder)[: -keep or None]
    for path in old:
        with writing(path):
            steps.unlink(path)
    return len(old)


def default_folder(lake: Path) -> Path:
    """Return where backups lie unless somebody says otherwise: beside the datasets of the lake."""
    return lake / BACKUPS


@contextmanager
def open_backup(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """Open a backup and check that all of it is there and whole.

    Args:
        path: On a disk or behind a URL.

    Raises:
        BarhouseError: It is not there, no backup, damaged, or from a newer Barhouse.
    """
    try:
        with reading(path), steps.readable(path) as file, zipfile.ZipFile(file) as archive:
            content = json.loads(archive.read(MANIFEST))
            if content["format"] > FORMAT:
                raise BarhouseError(f"{path} was written by a newer Barhouse; update this one.")
            for name, entry in {**content["tables"], **content["files"]}.items():
                if _sha256(archive, member_of(name)) != entry["sha256"]:
                    raise BarhouseError(
                        f"{path} is damaged: {name} is not what was backed up; take another one."
                    )
            yield archive, content
    except FileNotFoundError as error:
        raise BarhouseError(
            f"{path} is not there; expected a backup. `barhouse backup` writes one."
        ) from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise BarhouseError(
            f"{path} is no whole backup ({error}); expected a file that `barhouse backup` wrote."
        ) from error


def member_of(name: str) -> str:
    """Return the name inside the zip file of a table or a file."""
    return f"tables/{name}.copy" if name in TABLES else f"files/{name}"


def _tables(warehouse: Warehouse, archive: zipfile.ZipFile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with psycopg.connect(warehouse.url("transformer")) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("set local timezone = 'UTC'")
        for name in TABLES:
            columns = connection.execute(
                "select attname, format_type(atttypid, atttypmod) from pg_catalog.pg_attribute"
                " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped"
                " order by attnum",
                (name,),
            ).fetchall()
            if columns:
                rows, sha256 = _copied(connection, archive, name, [str(c) for c, _ in columns])
                found[name] = {"rows": rows, "sha256": sha256, "columns": dict(columns)}
    return found


def _copied(
    connection: psycopg.Connection, archive: zipfile.ZipFile, name: str, columns: list[str]
) -> tuple[int, str]:
    statement = sql.SQL("copy (select {} from {}) to stdout").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(*name.split("."))
    )
    digest = hashlib.sha256()
    with (
        connection.cursor() as cursor,
        archive.open(member_of(name), "w", force_zip64=True) as member,
    ):
        with cursor.copy(statement) as rows:
            for block in rows:
                digest.update(block)
                member.write(block)
        return max(cursor.rowcount, 0), digest.hexdigest()


def _files(settings: Settings, archive: zipfile.ZipFile) -> dict[str, Any]:
    found = {}
    for pattern in FILES:
        for path in sorted(settings.project_dir.glob(pattern)):
            name = path.relative_to(settings.project_dir).as_posix()
            data = path.read_bytes()
            archive.writestr(member_of(name), data)
            found[name] = {"sha256": hashlib.sha256(data).hexdigest()}
    return found


def _sha256(archive: zipfile.ZipFile, member: str) -> str:
    with archive.open(member) as file:
        digest = hashlib.sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
