"""What most commands and every flow need first: a database that is ready."""

from __future__ import annotations

from barhouse import bootstrap
from barhouse.database import Warehouse, open_warehouse
from barhouse.errors import BarhouseError
from extract.settings import Settings


def ready_warehouse(settings: Settings) -> Warehouse:
    """Return the database in use, started and bootstrapped.

    The embedded database is brought up to date by itself; another one is only checked.

    Args:
        settings: The project.

    Raises:
        BarhouseError: The given database was never bootstrapped or is out of date.
        EmbeddedError: The embedded database cannot be started.
    """
    warehouse = open_warehouse(settings)
    folder = settings.project_dir / "sql_bootstrap"
    if warehouse.is_embedded:
        bootstrap.bootstrap(warehouse.url(), folder)
    elif not bootstrap.is_bootstrapped(warehouse.url(), folder):
        raise BarhouseError(
            "The database of BARHOUSE_DATABASE_URL does not have the schema this version expects; "
            "run `barhouse db bootstrap` first."
        )
    return warehouse
