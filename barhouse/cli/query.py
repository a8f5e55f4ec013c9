"""``barhouse sql`` and ``barhouse db psql``: ask the warehouse."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated, Final

import psycopg
import typer

from barhouse.api.reading import Reader
from barhouse.cli.console import err, result
from barhouse.cli.rendering import FORMS, rendered
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.opening import ready_warehouse
from extract.settings import child_environment, load_settings

_TABLE_ROWS: Final = 100


def sql(
    query: Annotated[str, typer.Argument(help="One statement, in quotes.")],
    limit: Annotated[
        int | None, typer.Option(help="Rows at most. Default: 100 of a table, else all.", min=1)
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv, json or parquet.")] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file instead of standard output.")
    ] = None,
) -> None:
    """Run one SQL statement as an analyst: barhouse sql "select * from marts.latest_bars"."""
    if form not in FORMS:
        raise BarhouseError(f"--format is '{form[:20]}'; expected {', '.join(FORMS)}.")
    settings = load_settings()
    warehouse = ready_warehouse(settings)
    if form == "table":
        if output is not None:
            raise BarhouseError("A table is for the eye; give --format csv, json or parquet, too.")
        _show_table(warehouse, query, limit or _TABLE_ROWS)
        return
    with Reader(lambda: warehouse.url("analyst"), 1) as reader:
        rows = reader.table(query, is_ours=False)
    content = rendered(rows.slice(0, limit), form)
    if output is not None:
        output.write_bytes(content)
        err.print(f"{min(rows.num_rows, limit or rows.num_rows)} rows in {output}", markup=False)
    elif form == "parquet" and sys.stdout.isatty():
        raise BarhouseError("Parquet is not for the eye; give --output FILE, or send it on.")
    else:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()


def _show_table(warehouse: Warehouse, query: str, limit: int) -> None:
    try:
        with psycopg.connect(warehouse.url("analyst"), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            if cursor.description is None:
                err.print(cursor.statusmessage or "done")
                return
            columns = [column.name for column in cursor.description]
            rows = cursor.fetchmany(limit + 1)
    except psycopg.Error as error:
        raise BarhouseError(f"The database says: {str(error).strip()}") from error
    result(columns, rows[:limit])
    if len(rows) > limit:
        err.print(f"more than {limit} rows; --limit shows more", style="dim")


def open_psql(warehouse: Warehouse) -> None:
    """Replace this process by psql.

    Args:
        warehouse: The database to connect to.

    Raises:
        BarhouseError: psql is not installed.
    """
    program = shutil.which("psql")
    if program is None:
        raise BarhouseError(
            'psql is not installed; install a PostgreSQL client, or use `barhouse sql "..."`.'
        )
    given = warehouse.dbt_environment()
    # Through the environment: arguments of a process can be read by others.
    variables = {
        "PGHOST": given["BARHOUSE_PG_HOST"],
        "PGPORT": given["BARHOUSE_PG_PORT"],
        "PGUSER": given["BARHOUSE_PG_USER"],
        "PGDATABASE": given["BARHOUSE_PG_DATABASE"],
        "PGSSLMODE": given["BARHOUSE_PG_SSLMODE"],
        "PGPASSWORD": given["DBT_ENV_SECRET_BARHOUSE_PG_PASSWORD"],
        "PGOPTIONS": "-crole=analyst",
    }
    os.execve(program, [program], child_environment(variables))  # noqa: S606 - psql itself
