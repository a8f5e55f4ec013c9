"""Run dbt against the database in use."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.gate import GATE_TEST, read_gate
from barhouse.policies import HYPERTABLES
from extract.locks import held
from extract.settings import Settings, child_environment, set_environment

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunner


@dataclass(frozen=True)
class BuildReport:
    """What one ``dbt build`` did.

    Attributes:
        counts: Number of nodes by status, e.g. ``{"success": 40, "pass": 30}``.
        failures: One sentence per node that failed.
        is_gate_closed: Whether the gate stopped the build: too many bars break a rule.
        seconds: Time dbt took for the nodes.
    """

    counts: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    is_gate_closed: bool = False
    seconds: float = 0.0


def run_dbt(arguments: Sequence[str], settings: Settings, warehouse: Warehouse | None) -> int:
    """Run a dbt command as a program of its own, on the user's terminal.

    Args:
        arguments: The command and its options, e.g. ``["build", "--select", "core"]``.
        settings: The project to run in.
        warehouse: The database; none for commands that need none, such as ``parse``.

    Returns:
        dbt's exit code.
    """
    command = [str(Path(sys.executable).with_name("dbt")), *arguments]
    finished = subprocess.run(  # noqa: S603 - dbt of our environment
        command,
        cwd=settings.project_dir,
        env=child_environment(_environment(settings, warehouse)),
        check=False,
    )
    return finished.returncode


def preload_dbt() -> None:
    """Import dbt now: it takes seconds, best spent while something else is waited for."""
    _runner()


def build(settings: Settings, warehouse: Warehouse, *, full_refresh: bool = False) -> BuildReport:
    """Run ``dbt build``: models, seeds, data tests; a failed test stops what is downstream of it.

    Unit tests prove the code, not the data: they are for development and CI
    (``barhouse dbt build``).

    Args:
        settings: The project to run in.
        warehouse: The database.
        full_refresh: Rebuild from everything that ever landed.

    Returns:
        What was done.

    Raises:
        BarhouseError: A model or a test failed, and the message names the first ones; or another
            build is running.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test", "--exclude", "tag:proof"]
    if full_refresh:
        arguments.append("--full-refresh")
    report, stopped = _invoke(arguments, settings, warehouse)
    if report.is_gate_closed and (told := read_gate(warehouse.url("transformer"))):
        raise BarhouseError(told)
    if stopped is not None:
        shown = "; ".join(report.failures[:3]) or stopped
        raise BarhouseError(
            f"dbt build failed: {shown}. Nothing downstream of it was published; details are in "
            f"{settings.state_dir / 'logs' / 'dbt.log'}, days held back in quality.quarantine."
        )
    return report


def prove(settings: Settings, warehouse: Warehouse) -> BuildReport:
    """Run the tests tagged ``proof``: what was published is computed again by another way.

    The tests of core's tables come with them: a build has them look at the days that changed,
    here they look at every bar.

    Args:
        settings: The project to run in.
        warehouse: The database, built.

    Returns:
        What was done; a proof that only warns counts as ``warn``.

    Raises:
        BarhouseError: A proof failed, and the message names it; or a build is running.
    """
    select = ["--select", "tag:proof", *HYPERTABLES, "--exclude-resource-type", "unit_test"]
    report, stopped = _invoke(["test", *select], settings, warehouse)
    if stopped is not None:
        shown = "; ".join(report.failures) or stopped
        raise BarhouseError(
            f"The proofs failed: {shown}. What is published differs from what it is built from: "
            "look at it with `barhouse dbt test --select tag:proof --store-failures`, and make it "
            "anew with `barhouse build --full-refresh`."
        )
    return report


def refresh_aggregates(settings: Settings, warehouse: Warehouse) -> None:
    """Refresh the continuous aggregates where their sources changed.

    Args:
        settings: The project to run in.
        warehouse: The database, built.

    Raises:
        BarhouseError: One of them cannot be refreshed, or a build is running.
    """
    select = ["--select", "config.materialized:continuous_aggregate"]
    report, stopped = _invoke(["run", *select], settings, warehouse)
    if stopped is not None:
        shown = "; ".join(report.failures) or stopped
        raise BarhouseError(f"The aggregates cannot be refreshed: {shown}.")


def make_hypertables(settings: Settings, warehouse: Warehouse) -> None:
    """Make the hypertables of core where they are not there, with what they are built from.

    Args:
        settings: The project to run in.
        warehouse: The database.

    Raises:
        BarhouseError: A model or a test failed, or a build is running.
    """
    select = ["--select", *(f"+{table}" for table in HYPERTABLES)]
    report, stopped = _invoke(["run", *select], settings, warehouse)
    if stopped is not None:
        shown = "; ".join(report.failures[:3]) or stopped
        raise BarhouseError(f"The tables of core cannot be made: {shown}.")


def build_lock(settings: Settings) -> Path:
    """Return the lock file that a build of this warehouse holds.

    Args:
        settings: The project.
    """
    return settings.state_dir / "build.lock"


def target_path(settings: Settings) -> Path:
    """Return the folder into which dbt writes.

    Args:
        settings: The project.
    """
    return settings.state_dir / "dbt"


def read_report(path: Path) -> BuildReport:
    """Read dbt's ``run_results.json``.

    Args:
        path: The file; a missing one gives an empty report.
    """
    if not path.is_file():
        return BuildReport()
    content = json.loads(path.read_text(encoding="utf-8"))
    # The hook that notes how tests ended is no node of the project.
    results = [
        result for result in content["results"] if not result["unique_id"].startswith("operation.")
    ]
    failures = [
        f"{result['unique_id'].split('.', 2)[-1]}: {_first_line(result.get('message'))}"
        for result in results
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return BuildReport(
        counts=dict(Counter(result["status"] for result in results)),
        failures=failures,
        is_gate_closed=any(
            result["status"] == "fail" and result["unique_id"].startswith(GATE_TEST)
            for result in results
        ),
        seconds=float(content.get("elapsed_time", 0.0)),
    )


# Runs dbt in this process, alone on this warehouse: what it did, and why it stopped if it did.
def _invoke(
    arguments: Sequence[str], settings: Settings, warehouse: Warehouse
) -> tuple[BuildReport, str | None]:
    set_environment(_environment(settings, warehouse))
    refusal = BarhouseError(
        "Another build of this warehouse is running; one at a time can. Wait for it to end."
    )
    with held(build_lock(settings), refusal):
        results = target_path(settings) / "run_results.json"
        results.unlink(missing_ok=True)
        # The manifest is large, and nothing reads it: of what dbt writes only the results are kept.
        how = ["--no-write-json", "--project-dir", str(settings.project_dir)]
        finished = _runner().invoke(["--quiet", *arguments, *how])
        if write := getattr(finished.result, "write", None):
            write(str(results))
        report = read_report(results)
    if finished.success:
        return report, None
    return report, _first_line(str(finished.exception or "dbt stopped before any model ran"))


def _runner() -> dbtRunner:
    from dbt.cli.main import dbtRunner

    return dbtRunner()


def _environment(settings: Settings, warehouse: Warehouse | None) -> dict[str, str]:
    return {
        "DBT_PROFILES_DIR": str(settings.project_dir / "profiles"),
        "DBT_TARGET_PATH": str(target_path(settings)),
        "DBT_LOG_PATH": str(settings.state_dir / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Every statement of a build makes thousands of lines, and a fifth of its time.
        "DBT_LOG_LEVEL_FILE": settings.values.get("DBT_LOG_LEVEL_FILE", "info"),
        # Advertisements, of which dbt keeps note in the home folder.
        "DBT_ENGINE_HINTS_ENABLED": "false",
        **(warehouse.dbt_environment() if warehouse else {}),
    }


def _first_line(message: str | None) -> str:
    lines = [line.strip() for line in (message or "").splitlines() if line.strip()]
    return " ".join(lines[:2])
