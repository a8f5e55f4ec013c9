"""``barhouse backup`` and ``barhouse restore``: the small rest that is nowhere else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from barhouse.backup import backups_in, default_folder, prune_backups, write_backup
from barhouse.backup_restore import restore_backup
from barhouse.cli.console import err, out
from barhouse.errors import BarhouseError
from barhouse.lake import open_lake
from barhouse.lake.place import place_of
from barhouse.opening import ready_warehouse
from extract.settings import load_settings


def backup(
    to: Annotated[
        str, typer.Option("--to", help="A folder or URL; default: _backups in the lake.")
    ] = "",
    keep: Annotated[
        int, typer.Option(min=1, help="How many of the newest backups stay in that folder.")
    ] = 30,
) -> None:
    """Write ledgers, decisions, revisions, seeds and configuration to one file."""
    settings = load_settings()
    folder = _place(to) if to else default_folder(open_lake(settings))
    warehouse = ready_warehouse(settings)
    written = write_backup(settings, warehouse, folder, made_at=datetime.now(UTC))
    pruned = prune_backups(folder, keep)
    out.print(
        f"{written.path}: {written.rows:,} rows of {written.tables} tables, {written.files} files, "
        f"{written.bytes / 1e6:.1f} MB; {pruned} older ones removed",
        markup=False,
    )


def restore(
    path: Annotated[str, typer.Argument(help="A backup; default: the newest in the lake.")] = "",
    take_files: Annotated[
        bool | None,
        typer.Option(
            "--files/--keep-files",
            help="Take seeds and configuration of the backup, or keep those of the project.",
        ),
    ] = None,
) -> None:
    """Put a backup into an empty database; then restore landed_bars of the lake and build."""
    settings = load_settings()
    found = _place(path) if path else _newest(default_folder(open_lake(settings)))
    warehouse = ready_warehouse(settings)
    done = restore_backup(settings, warehouse, found, take_files=take_files)
    for name in done.written:
        err.print(f"{name}: taken from the backup", markup=False)
    for name in done.differing:
        err.print(f"{name}: differs from the backup and stays", markup=False)
    out.print(
        f"{found}: {done.rows:,} rows of {done.tables} tables are restored. Next: "
        "`barhouse lake restore landed_bars`, then `barhouse build`.",
        markup=False,
    )


def _place(given: str) -> Path:
    return place_of(given) if "://" in given else Path(given).expanduser().resolve()


def _newest(folder: Path) -> Path:
    found = backups_in(folder)
    if not found:
        raise BarhouseError(f"There is no backup in {folder}; name one, or write one.")
    return found[-1]
