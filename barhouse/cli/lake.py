"""``barhouse export``, ``barhouse shelve`` and ``barhouse lake``: files of bars."""

from __future__ import annotations

from typing import Annotated

import typer

from barhouse.cli.console import AsJson, err, listed, out, table
from barhouse.exporting import describe_export, export_lake, lay_out, restore_lake
from barhouse.lake import ls, open_lake, release_named, verify
from barhouse.opening import ready_warehouse
from extract.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The Parquet lake: list, verify, restore from it.")


def export(
    full: Annotated[
        bool, typer.Option("--full", help="Write every partition anew, changed or not.")
    ] = False,
) -> None:
    """Write the marts that changed, and the loads that are new, to the Parquet lake."""
    settings = load_settings()
    report = export_lake(settings, ready_warehouse(settings), full=full)
    out.print(describe_export(report))


def shelve() -> None:
    """Lay out minutes and days in files of this machine, from which the API reads them fastest."""
    settings = load_settings()
    warehouse = ready_warehouse(settings)
    done = lay_out(settings, warehouse, lambda line: err.print(line, markup=False))
    out.print(str(done))


@app.command("ls")
def list_partitions(
    dataset: Annotated[str, typer.Argument(help="Only this one, e.g. bars_1m.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the partitions of the lake; those that only the lake may hold say since when."""
    manifests = [m for m in ls(open_lake(load_settings())) if dataset in ("", m.dataset)]
    columns = ["dataset", "partition", "rows", "bytes", "exported", "archived"]
    rows = [
        (m.dataset, m.partition, m.rows, m.bytes, m.exported_at, m.archived_at) for m in manifests
    ]
    if as_json:
        listed(columns, rows)
    else:
        table("", columns, rows)


@app.command("verify")
def verify_partitions(as_json: AsJson = False) -> None:
    """Check every file of the lake against its manifest. Exit code 1 where one is not like it."""
    problems = verify(open_lake(load_settings()))
    if as_json:
        listed(["problem"], [(str(problem),) for problem in problems])
    else:
        for problem in problems:
            err.print(str(problem), markup=False)
    if problems:
        raise typer.Exit(1)
    if not as_json:
        out.print("every partition is as its manifest says")


@app.command("restore")
def restore_partitions(
    partitions: Annotated[
        list[str] | None,
        typer.Argument(help="Such as bars_1m/date=2018-01-20, or bars_1m for all of it."),
    ] = None,
    archived: Annotated[
        bool, typer.Option("--archived", help="All that retention dropped from the database.")
    ] = False,
) -> None:
    """Write partitions of the lake back into the table they are from."""
    settings = load_settings()
    report = restore_lake(
        settings,
        ready_warehouse(settings),
        partitions or [],
        archived=archived,
        tell=lambda line: err.print(line, markup=False),
    )
    out.print(report)


@app.command("release")
def release_partitions(
    partitions: Annotated[list[str], typer.Argument(help="Such as bars_1m/date=2018-01-20.")],
) -> None:
    """Let exports rewrite archived partitions again; what only they hold may then be lost."""
    released = release_named(open_lake(load_settings()), partitions)
    out.print(f"{released} partitions are given back to the exports")
