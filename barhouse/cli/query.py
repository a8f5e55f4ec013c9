"""``barhouse sql`` and ``barhouse db psql``: ask the warehouse."""

from __future__ import annotations

import os
import shutil
from typing import Annotated

import psycopg
import typer

from barhouse.cli.console import err, result
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.opening import ready_warehouse
from extract.settings import child_environment, load_settings


def sql(
    query: Annotated[str, typer.Argument(help="One statement, in quotes.")],
    limit: Annotated[int, typer.Option(help="Rows to show at most.")] = 100,
) -> None:
    """Run one SQL statement as an analyst and show the rows."""
    warehouse = ready_warehouse(load_settings())
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
