"""The entry point of ``barhouse``."""

from __future__ import annotations

import sys

import psycopg
import typer

from barhouse.cli import (
    backfilling,
    backup,
    db,
    explaining,
    extracting,
    lake,
    quality,
    query,
    reporting,
    show,
    work,
)
from barhouse.cli.console import err
from barhouse.user_errors import FOR_USERS

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Barhouse: a warehouse for OHLC market bars.",
)
LAND = "Land what providers and files report"
BUILD = "Build, test and prove"
ASK = "Ask"
KEEP = "Keep"

app.command(rich_help_panel=LAND)(extracting.providers)
app.command(rich_help_panel=LAND)(extracting.extract)
app.command(rich_help_panel=LAND)(extracting.coverage)
app.command(rich_help_panel=LAND)(backfilling.backfill)
app.command(rich_help_panel=BUILD)(work.build)
app.command(rich_help_panel=BUILD)(work.prove)
app.command(
    rich_help_panel=BUILD,
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    },
)(work.dbt)
app.command(rich_help_panel=BUILD)(work.nightly)
app.command(rich_help_panel=BUILD)(work.demo)
app.add_typer(quality.app, name="quality", rich_help_panel=BUILD)
app.command(rich_help_panel=ASK)(show.show)
app.command(rich_help_panel=ASK)(explaining.explain)
app.command(rich_help_panel=ASK)(query.sql)
app.command(rich_help_panel=ASK)(reporting.report)
app.command(rich_help_panel=ASK)(reporting.docs)
app.command(rich_help_panel=KEEP)(lake.export)
app.command(rich_help_panel=KEEP)(lake.shelve)
app.command(rich_help_panel=KEEP)(work.maintain)
app.command(rich_help_panel=KEEP)(backup.backup)
app.command(rich_help_panel=KEEP)(backup.restore)
app.add_typer(lake.app, name="lake", rich_help_panel=KEEP)
app.add_typer(db.app, name="db", rich_help_panel=KEEP)


def main() -> None:
    """Run the command line; errors a user can put right are one sentence and exit code 1."""
    try:
        app()
    except FOR_USERS as error:
        err.print(f"error: {error}", style="red", markup=False)
        sys.exit(1)
    except psycopg.OperationalError as error:
        line = str(error).strip().partition("\n")[0]
        err.print(f"error: the database connection failed: {line}", style="red", markup=False)
        sys.exit(1)
    except psycopg.Error as error:
        line = str(error).strip().partition("\n")[0]
        err.print(f"error: the database says: {line}", style="red", markup=False)
        sys.exit(1)
