"""A warehouse of a test: its settings, its database, and what tests do with them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import psycopg

from barhouse import embedded, transform
from barhouse.database import Warehouse, open_warehouse
from barhouse.landing import extract_provider
from extract.pipelines import LandingReport
from extract.settings import Settings

ROOT = Path(__file__).resolve().parents[3]

# Columns that name a run: which load a row came with, and when things were done.
OF_A_RUN = {
    *("load_id", "_dlt_load_id", "request_id", "fetched_at", "loaded_at", "requested_at"),
    *("first_seen_at", "changed_at", "published_at", "revised_at", "recorded_at", "built_at"),
}
LANDED = ("raw_bars", "raw_splits", "raw_dividends", "raw_sessions", "raw_rejects", "requests")


@dataclass
class House:
    """A warehouse of a test: its settings, its database, and what tests do with them."""

    settings: Settings

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self.settings)

    def url(self, role: str | None = None) -> str:
        return self.warehouse.url(role)

    def query(self, sql: str, *parameters: object) -> list[tuple]:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            return connection.execute(sql.encode(), parameters or None).fetchall()

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(sql.encode())

    def extract(self, provider: str, **options: object) -> LandingReport:
        return extract_provider(provider, self.settings, self.warehouse, options)

    def stop(self) -> None:
        embedded.stop(self.settings.embedded_dir)

    def build(self, *, full_refresh: bool = False) -> transform.BuildReport:
        return transform.build(self.settings, self.warehouse, full_refresh=full_refresh)


def house_settings(state_dir: Path, project_dir: Path = ROOT) -> Settings:
    cache = ROOT / ".barhouse" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    state_dir.mkdir(parents=True, exist_ok=True)
    (state_dir / "cache").symlink_to(cache, target_is_directory=True)
    return Settings(
        project_dir=project_dir,
        state_dir=state_dir,
        lake_dir=state_dir / "lake",
        database_url=None,
    )


def copy_template(template: Path, house: House) -> None:
    copy_state(template, house.settings.state_dir)


def copy_state(template: Path, state_dir: Path) -> None:
    """Copy a stopped server with what has landed; the parsed project spares a full parse."""
    for part in ("db", "dlt", "dbt"):
        shutil.copytree(template / part, state_dir / part)


def copy_project(folder: Path) -> None:
    """Copy everything of a project that dbt and extract read."""
    for part in ("models", "macros", "seeds", "profiles", "sql_bootstrap", "config"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("generic", "singular"):
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part)
    shutil.copy(ROOT / "dbt_project.yml", folder)


def contents(url: str, *only: str) -> dict[str, tuple[int, str]]:
    """Return row count and sum of row hashes of all that is built, and what is visibly landed.

    Args:
        url: The database.
        only: Just these relations that are built.
    """
    seen = {}
    with psycopg.connect(url, autocommit=True) as connection:
        relations = connection.execute(
            "select table_schema || '.' || table_name,"
            " array_agg(column_name::text order by ordinal_position)"
            " from information_schema.columns"
            " where table_schema in ('core', 'marts', 'quality') group by 1 order by 1"
        ).fetchall()
        for name, columns in relations:
            if only and name not in only:
                continue
            listed = ", ".join(f'"{column}"' for column in columns if column not in OF_A_RUN)
            seen[name] = connection.execute(
                "select count(*), sum(hashtextextended(row("
                f"{listed})::text, 0)::numeric)::text from {name}".encode()
            ).fetchone()
        for name in LANDED if not only else ():
            seen[f"staging.{name}"] = connection.execute(
                f"select count(*), '' from staging.{name} as landed"
                " where _dlt_load_id in (select load_id from staging._dlt_loads where status = 0)"
                "".encode()
            ).fetchone()
    return seen
