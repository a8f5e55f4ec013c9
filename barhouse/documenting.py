"""The documentation of the models as one page, made by dbt."""

from __future__ import annotations

from pathlib import Path

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.transform import run_dbt, target_path
from barhouse.whole_files import write_whole
from extract.settings import Settings


def write_docs(settings: Settings, warehouse: Warehouse, path: Path | None = None) -> Path:
    """Let dbt describe the project and its relations, and keep what it writes as one page.

    Args:
        settings: The project.
        warehouse: The database, whose columns and types are in the page.
        path: Where; default ``docs/index.html`` in the state folder.

    Returns:
        Where the page is.

    Raises:
        BarhouseError: dbt failed, or the page cannot be written.
    """
    place = path or settings.state_dir / "docs" / "index.html"
    if path is None:
        place.parent.mkdir(parents=True, exist_ok=True)
    if run_dbt(["docs", "generate", "--static", "--quiet"], settings, warehouse) != 0:
        raise BarhouseError(
            "dbt docs generate failed; what it said stands above, and in "
            f"{settings.state_dir / 'logs' / 'dbt.log'}."
        )
    made = target_path(settings) / "static_index.html"
    write_whole(place, made.read_text(encoding="utf-8"))
    made.unlink()
    return place
