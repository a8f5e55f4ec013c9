"""The commands that make the warehouse: dbt, build, prove, nightly, demo."""

from __future__ import annotations

from typing import Annotated

import typer

from barhouse import maintenance, transform
from barhouse.cli.console import err, out
from barhouse.cli.tour import show_tour
from barhouse.errors import BarhouseError
from barhouse.lake import open_lake
from barhouse.opening import ready_warehouse
from extract.settings import load_settings


def dbt(context: typer.Context) -> None:
    """Run any dbt command against the database in use, e.g. `barhouse dbt build --select core`."""
    settings = load_settings()
    needs_none = bool(context.args) and context.args[0] in ("parse", "ls", "list", "clean", "deps")
    warehouse = None if needs_none else ready_warehouse(settings)
    raise typer.Exit(transform.run_dbt(context.args, settings, warehouse))


def build(
    full_refresh: Annotated[
        bool, typer.Option("--full-refresh", help="Rebuild from everything that ever landed.")
    ] = False,
) -> None:
    """Build and test the warehouse with dbt."""
    settings = load_settings()
    report = transform.build(settings, ready_warehouse(settings), full_refresh=full_refresh)
    counts = ", ".join(f"{number} {status}" for status, number in sorted(report.counts.items()))
    out.print(f"dbt build: {counts} in {report.seconds:.1f} s")


def prove() -> None:
    """Compute samples of what is published by another way and compare."""
    settings = load_settings()
    report = transform.prove(settings, ready_warehouse(settings))
    counts = ", ".join(f"{number} {status}" for status, number in sorted(report.counts.items()))
    out.print(f"proofs: {counts} in {report.seconds:.1f} s")


def maintain() -> None:
    """Refresh and compress what is due; drop old chunks that the lake holds, verified."""
    settings = load_settings()
    report = maintenance.maintain(
        settings,
        ready_warehouse(settings),
        open_lake(settings),
        progress=lambda line: err.print(line, markup=False),
    )
    for sentence in report.kept:
        err.print(sentence, markup=False)
    out.print(maintenance.describe(report))


def nightly() -> None:
    """Run the nightly flow now: extract all configured sources, build, prove, export."""
    _refresh()


def _refresh() -> None:
    # Imported here: the package reads the settings, and a wrong one must be one sentence.
    from flows.local_server import start_local_server

    server = start_local_server()
    from flows.nightly import refresh_warehouse

    transform.preload_dbt()
    server.wait()
    refresh_warehouse()


def demo() -> None:
    """Load real bars, build, test and export them, then show what came out."""
    settings = load_settings()
    if settings.database_url is not None:
        raise BarhouseError(
            "BARHOUSE_DATABASE_URL is set; the demo fills the embedded database only. Unset it, or "
            "use `barhouse nightly` for your own database."
        )
    _refresh()
    show_tour(settings, ready_warehouse(settings))
