"""Run dbt against the database in use, as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from extract.settings import Settings, child_environment


@dataclass(frozen=True)
class BuildReport:
    """What one ``dbt build`` did.

    Attributes:
        counts: Number of nodes by status, e.g. ``{"success": 40, "pass": 30}``.
        failures: One sentence per node that failed.
        seconds: Time dbt took for the nodes.
    """

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


def run_dbt(
    arguments: Sequence[str],
    settings: Settings,
    warehouse: Warehouse | None,
    *,
    quiet: bool = False,
) -> int:
    """Run a dbt command.

    Args:
        arguments: The command and its options, e.g. ``["build", "--select", "core"]``.
        settings: The project to run in.
        warehouse: The database; none for commands that need none, such as ``parse``.
        quiet: Keep dbt's output in its log file only.

    Returns:
        dbt's exit code.
    """
    environment = {
        "DBT_PROFILES_DIR": str(settings.project_dir / "profiles"),
        "DBT_TARGET_PATH": str(_target(settings)),
        "DBT_LOG_PATH": str(settings.state_dir / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **(warehouse.dbt_environment() if warehouse else {}),
    }
    if quiet:
        environment["DBT_QUIET"] = "true"
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    finished = subprocess.run(  # noqa: S603 - dbt of our environment
        command, cwd=settings.project_dir, env=child_environment(environment), check=False
    )
    return finished.returncode


def build(settings: Settings, warehouse: Warehouse, *, full_refresh: bool = False) -> BuildReport:
    """Run ``dbt build``: models, seeds, tests; a failed test stops what is downstream of it.

    Args:
        settings: The project to run in.
        warehouse: The database.
        full_refresh: Rebuild from everything that ever landed.

    Returns:
        What was done.

    Raises:
        BarhouseError: A model or a test failed; the message names the first ones.
    """
    results = _target(settings) / "run_results.json"
    results.unlink(missing_ok=True)
    arguments = ["build", *(["--full-refresh"] if full_refresh else [])]
    code = run_dbt(arguments, settings, warehouse, quiet=True)
    report = read_report(results)
    if code != 0:
        shown = "; ".join(report.failures[:3]) or "dbt stopped before any model ran"
        raise BarhouseError(
            f"dbt build failed: {shown}. Nothing downstream of it was published; details are in "
            f"{settings.state_dir / 'logs' / 'dbt.log'}, days held back in quality.quarantine."
        )
    return report


def read_report(path: Path) -> BuildReport:
    """Read dbt's ``run_results.json``.

    Args:
        path: The file; a missing one gives an empty report.
    """
    if not path.is_file():
        return BuildReport()
    content = json.loads(path.read_text(encoding="utf-8"))
    results = content["results"]
    failures = [
        f"{result['unique_id'].split('.', 2)[-1]}: {_first_line(result.get('message'))}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return BuildReport(
        counts=dict(Counter(result["status"] for result in results)),
        failures=failures,
        seconds=float(content.get("elapsed_time", 0.0)),
    )


def _target(settings: Settings) -> Path:
    return settings.state_dir / "dbt"


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return " ".join(lines[:2])
