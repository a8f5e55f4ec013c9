"""Export the marts to the lake and the shelf, and restore: what command line and flows share."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import psycopg

from barhouse import transform
from barhouse.api.reading import Reader
from barhouse.api.routing import LakeSource
from barhouse.api.shelving import Shelving, shelve
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.lake import ExportReport, export, export_landed, open_lake
from barhouse.lake.choice import archived_in, chosen
from barhouse.lake.restore import Outcome, Restored, restore
from barhouse.shelf import shelf_of
from extract.locks import held
from extract.settings import Settings


def export_lake(settings: Settings, warehouse: Warehouse, *, full: bool = False) -> ExportReport:
    """Write the partitions of the lake whose marts changed, and the loads that are new.

    Args:
        settings: The project.
        warehouse: The database.
        full: Write every partition of the marts anew, changed or not.

    Raises:
        LakeError: The lake cannot be written or is in use.
    """
    lake, now, git_sha = open_lake(settings), datetime.now(UTC), _git_sha(settings)
    marts = export(warehouse.url("analyst"), lake, exported_at=now, git_sha=git_sha, full=full)
    landed = export_landed(warehouse.url("transformer"), lake, exported_at=now, git_sha=git_sha)
    return ExportReport((*marts.steps, *landed.steps))


def describe_export(report: ExportReport) -> str:
    """Return in one line what an export did.

    Args:
        report: What :func:`export_lake` returned.
    """
    return (
        f"{report.written} partitions written ({report.rows_written:,} rows, "
        f"{report.bytes_written / 1e6:.1f} MB), {report.unchanged} unchanged, "
        f"{report.removed} removed, {report.archived} archived; the lake holds "
        f"{report.rows:,} rows, {report.bytes / 1e6:.1f} MB"
    )


def lay_out(settings: Settings, warehouse: Warehouse, tell: Callable[[str], None]) -> Shelving:
    """Lay bars out on this machine's shelf, where ``DataAPI`` reads them fastest.

    Args:
        settings: The project.
        warehouse: The database.
        tell: Told a line per file.

    Raises:
        BarhouseError: Another process does the same, a file cannot be written, or the database or
            the lake does not answer.
    """
    refusal = BarhouseError("The shelf is being written by another process; wait for it to end.")
    lake = LakeSource(partial(open_lake, settings), "auto")
    with (
        held(settings.state_dir / "shelf.lock", refusal),
        Reader(lambda: warehouse.url("analyst"), 1) as reader,
    ):
        return shelve(reader, lake, shelf_of(settings), tell)


def restore_lake(
    settings: Settings,
    warehouse: Warehouse,
    names: Sequence[str],
    *,
    archived: bool = False,
    tell: Callable[[str], None] | None = None,
) -> str:
    """Write partitions of the lake back into the database.

    Args:
        settings: The project.
        warehouse: The database.
        names: Partitions, such as ``bars_1m/date=2018-01-20``, or whole datasets.
        archived: Also all that retention dropped from this database.
        tell: Told a line per partition.

    Returns:
        What was done, in one line.

    Raises:
        BarhouseError: A name is unknown, a build is running, or a partition cannot be restored;
            those before it are.
    """
    lake = open_lake(settings)
    wanted = chosen(lake, names) if names else []
    refusal = BarhouseError("A build of this warehouse is running; wait for it to end.")
    if any(dataset.table != "staging.raw_bars" for dataset, _ in wanted) or archived:
        with psycopg.connect(warehouse.url("transformer"), autocommit=True) as connection:
            (is_built,) = connection.execute(
                "select to_regclass('core.bars_1m') is not null"
            ).fetchone() or (False,)
        if not is_built:
            transform.make_hypertables(settings, warehouse)
    if archived:
        wanted += [one for one in archived_in(warehouse.url("transformer")) if one not in wanted]
    if not wanted:
        if archived:
            return "nothing is archived; the database has all its rows"
        raise BarhouseError(
            "No partition is named; name some, such as bars_1m/date=2018-01-20 (`barhouse lake ls` "
            "lists them), a whole dataset, or --archived for all that retention dropped."
        )

    def told(one: Restored) -> None:
        if tell is not None:
            tell(f"{one.dataset}/{one.partition}: {one.rows:,} rows {one.outcome}")

    with held(transform.build_lock(settings), refusal):
        done = restore(warehouse.url, lake, wanted, told)
    restored = [one for one in done if one.outcome is Outcome.RESTORED]
    line = (
        f"{len(restored)} partitions restored ({sum(one.rows for one in restored):,} rows), "
        f"{len(done) - len(restored)} were there already"
    )
    return f"{line}; `barhouse build` brings what is built on them up to date" if restored else line


def _git_sha(settings: Settings) -> str | None:
    # The commit of the models that made the numbers; none outside a checkout.
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"],  # noqa: S607 - whichever git the user has
            cwd=settings.project_dir,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return found.stdout.strip() or None
