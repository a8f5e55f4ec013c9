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
    for part in ("db", "dlt", "dbt"):
        shutil.copytree(template / part, house.settings.state_dir / part)


def copy_project(folder: Path) -> None:
    """Copy everything of a project that dbt and extract read."""
    for part in ("models", "macros", "seeds", "profiles", "sql_bootstrap", "config"):
        shutil.copytree(ROOT / part, folder / part)
    for part in ("generic", "singular"):
        shutil.copytree(ROOT / "tests" / part, folder / "tests" / part)
    shutil.copy(ROOT / "dbt_project.yml", folder)
