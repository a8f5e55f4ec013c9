"""Export the marts to the lake: what the command line and the flows have in common."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime

from barhouse.database import Warehouse
from barhouse.lake import ExportReport, export, open_lake
from extract.settings import Settings


def export_lake(settings: Settings, warehouse: Warehouse, *, full: bool = False) -> ExportReport:
    """Write the partitions of the lake whose marts changed.

    Args:
        settings: The project.
        warehouse: The database.
        full: Write every partition anew, changed or not.

    Raises:
        LakeError: The lake cannot be written or is in use.
    """
    return export(
        warehouse.url("analyst"),
        open_lake(settings),
        exported_at=datetime.now(UTC),
        git_sha=_git_sha(settings),
        full=full,
    )


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
