"""``barhouse db``: the embedded database and the schema of any database."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from barhouse import bootstrap, embedded
from barhouse.cli.console import AsJson, err, listed, out
from barhouse.database import ROLES, open_warehouse
from barhouse.errors import BarhouseError
from barhouse.opening import ready_warehouse
from extract.settings import Settings, load_settings

app = typer.Typer(no_args_is_help=True, help="The database: start, stop, status, url, bootstrap.")


def _embedded_settings() -> Settings:
    settings = load_settings()
    if settings.database_url is not None:
        raise BarhouseError(
            "BARHOUSE_DATABASE_URL names a database; this command is for the embedded one. "
            "Unset the variable to use it."
        )
    return settings


@app.command()
def start() -> None:
    """Start the embedded TimescaleDB, or join the one that runs."""
    server = embedded.start(_embedded_settings().embedded_dir)
    out.print(
        f"running on {server.host}:{server.port}, database {server.database}, pid {server.pid}"
    )


@app.command()
def stop() -> None:
    """Stop the embedded TimescaleDB cleanly."""
    was_running = embedded.stop(_embedded_settings().embedded_dir)
    out.print("stopped" if was_running else "it was not running")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Say whether the embedded TimescaleDB runs, and where. Exit code 3 where it does not."""
    settings = _embedded_settings()
    server = embedded.status(settings.embedded_dir)
    if as_json:
        names = ["host", "port", "database", "pid", "data_dir"]
        listed(names, [[getattr(server, name) for name in names]] if server else [])
        raise typer.Exit(0 if server else 3)
    if server is None:
        out.print(f"not running; data in {settings.embedded_dir}")
        raise typer.Exit(3)
    out.print(
        f"running on {server.host}:{server.port}, database {server.database}, pid {server.pid}; "
        f"data in {server.data_dir}"
    )


@app.command()
def url(
    role: Annotated[str, typer.Option(help="loader, transformer, analyst or admin")] = "analyst",
) -> None:
    """Print a URL to connect with. It holds the password: mind where it goes."""
    if role not in (*ROLES, "admin"):
        raise BarhouseError(
            f"There is no role '{role[:40]}'; expected {', '.join(ROLES)} or admin."
        )
    warehouse = open_warehouse(load_settings())
    print(warehouse.url(None if role == "admin" else role))  # noqa: T201 - for $(...), unwrapped


@app.command("bootstrap")
def bootstrap_command() -> None:
    """Create or update roles, schemas, landing tables, ledgers and grants."""
    settings = load_settings()
    warehouse = open_warehouse(settings)
    applied = bootstrap.bootstrap(warehouse.url(), settings.project_dir / "sql_bootstrap")
    out.print("applied " + ", ".join(applied) if applied else "up to date")


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Stop the embedded TimescaleDB and delete all its data."""
    settings = _embedded_settings()
    if not yes:
        typer.confirm(f"Delete everything in {settings.embedded_dir}?", abort=True)
    embedded.reset(settings.embedded_dir)
    shutil.rmtree(settings.pipelines_dir / "embedded", ignore_errors=True)
    err.print("deleted; the next command that needs a database makes a new one")


@app.command()
def psql() -> None:
    """Open psql on the database in use, as an analyst."""
    from barhouse.cli.query import open_psql

    open_psql(ready_warehouse(load_settings()))
