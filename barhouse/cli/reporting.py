"""``barhouse report`` and ``barhouse docs``: pages about the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from barhouse.cli.console import err, out
from barhouse.opening import ready_warehouse
from extract.settings import load_settings


def report(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file; one that is there is replaced.")
    ] = Path("report.html"),
    symbol: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this symbol; may be given several times. Default: those with most bars."
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="How many bars and days of each, the newest.")] = 90,
) -> None:
    """Write a page with candles, completeness, quarantine, restatements, freshness and storage."""
    from barhouse.report import gather, rendered
    from barhouse.whole_files import write_whole

    settings = load_settings()
    contents = gather(settings, ready_warehouse(settings), list(dict.fromkeys(symbol or [])), days)
    write_whole(output, rendered(contents))
    err.print(f"the report is in {output}", markup=False)


def docs(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file. Default: .barhouse/docs/index.html."),
    ] = None,
) -> None:
    """Write dbt's documentation as one page: every model, column, test, the lineage."""
    from barhouse.documenting import write_docs

    settings = load_settings()
    out.print(str(write_docs(settings, ready_warehouse(settings), output)), markup=False)
