"""The entry point of ``barhouse``."""

from __future__ import annotations

import sys

import psycopg
import typer

from barhouse.cli import backup, db, explaining, extracting, lake, quality, query, work
from barhouse.cli.console import err
from barhouse.user_errors import FOR_USERS

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Barhouse: a warehouse for OHLC market bars.",
)
app.add_typer(db.app, name="db")
app.add_typer(lake.app, name="lake")
app.add_typer(quality.app, name="quality")
app.command()(extracting.providers)
app.command()(extracting.extract)
app.command()(extracting.coverage)
app.command(
    context_settings={
        "allow_extra_args": True,
        "ignore_unknown_options": True,
        "help_option_names": [],
    }
)(work.dbt)
app.command()(work.build)
app.command()(work.prove)
app.command()(explaining.explain)
app.command()(lake.export)
app.command()(work.maintain)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(work.nightly)
app.command()(work.demo)
app.command()(query.sql)


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
