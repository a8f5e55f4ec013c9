"""``barhouse export`` and ``barhouse lake``: the Parquet files."""

from __future__ import annotations

from typing import Annotated

import typer

from barhouse.cli.console import err, out, table
from barhouse.exporting import describe_export, export_lake
from barhouse.lake import ls, open_lake, verify
from barhouse.opening import ready_warehouse
from extract.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="The Parquet lake: list and verify.")


def export(
    full: Annotated[
        bool, typer.Option("--full", help="Write every partition anew, changed or not.")
    ] = False,
) -> None:
    """Write the marts that changed to the Parquet lake."""
    settings = load_settings()
    report = export_lake(settings, ready_warehouse(settings), full=full)
    out.print(describe_export(report))


@app.command("ls")
def list_partitions() -> None:
    """List the partitions of the lake."""
    manifests = ls(open_lake(load_settings()))
    rows = [(m.dataset, m.partition, m.rows, m.bytes, m.exported_at) for m in manifests]
    table("", ["dataset", "partition", "rows", "bytes", "exported"], rows)


@app.command("verify")
def verify_partitions() -> None:
    """Check every file of the lake against its manifest."""
    problems = verify(open_lake(load_settings()))
    for problem in problems:
        err.print(str(problem), markup=False)
    if problems:
        raise typer.Exit(1)
    out.print("every partition is as its manifest says")
