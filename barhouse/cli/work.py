"""The commands that move bars: extract, dbt, build, export, nightly, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barhouse import transform
from barhouse.cli.console import err, out, table
from barhouse.cli.tour import show_tour
from barhouse.errors import BarhouseError
from barhouse.landing import extract_provider
from barhouse.opening import ready_warehouse
from barhouse.progress import RowProgress
from extract.pipelines import LandingReport
from extract.registry import load_provider, provider_names
from extract.settings import load_settings

_PARTLY_FAILED = 3


def providers() -> None:
    """List the registered providers."""
    rows = []
    for name in provider_names():
        described = (load_provider(name).__doc__ or "").strip().partition("\n")[0]
        rows.append((name, described))
    table("", ["provider", "what it is"], rows)


def extract(
    provider: Annotated[str, typer.Argument(help="A provider; `barhouse providers` lists them.")],
    config: Annotated[
        Path | None, typer.Option(help="The provider's own YAML, e.g. for `files`.")
    ] = None,
) -> None:
    """Land what a provider has that is not landed yet. Exit code: 0 all, 3 partly, 1 nothing."""
    settings = load_settings()
    load_provider(provider)
    options = {"config": config.resolve()} if config else {}
    warehouse = ready_warehouse(settings)
    report = extract_provider(
        provider, settings, warehouse, options, RowProgress(provider, err.print)
    )
    _show_landing(report)
    if report.failed:
        landed = len(report.failed) < len(report.outcomes)
        raise typer.Exit(_PARTLY_FAILED if landed else 1)


def _show_landing(report: LandingReport) -> None:
    if not report.outcomes:
        out.print(f"{report.provider}: nothing new")
        return
    table(
        f"{report.provider}: landed",
        ["source", "outcome", "rows", "rejected", "reason"],
        [(o.source, o.outcome, o.row_count, o.reject_count, o.reason) for o in report.outcomes],
    )
    rejected = sum(outcome.reject_count for outcome in report.outcomes)
    if rejected:
        err.print(
            f"{rejected:,} records could not be read; see them after the next build: "
            'barhouse sql "select source, source_row, column_name, reason from ops.ops_rejects"'
        )


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


def nightly() -> None:
    """Run the nightly flow now: extract all configured sources, build, export."""
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
