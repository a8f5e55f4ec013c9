"""Settings: the one place, beside ``profiles/profiles.yml``, that reads the environment.

Values come from the environment, then from ``.env`` in the project's folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Settings:
    """Where Barhouse works.

    Attributes:
        project_dir: The folder with ``dbt_project.yml``.
        state_dir: Everything Barhouse makes for itself: database, caches, dlt's working folders.
        lake_dir: Where the Parquet lake lies.
        database_url: The TimescaleDB to use; ``None`` means the embedded one.
    """

    project_dir: Path
    state_dir: Path
    lake_dir: Path
    database_url: str | None

    @property
    def embedded_dir(self) -> Path:
        """Data folder of the embedded database."""
        return self.state_dir / "db"

    @property
    def cache_dir(self) -> Path:
        """Downloads that may be thrown away."""
        return self.state_dir / "cache"

    @property
    def pipelines_dir(self) -> Path:
        """Dlt's working folders; a load that was cut off continues from here."""
        return self.state_dir / "dlt"


def load_settings(
    environment: Mapping[str, str] | None = None, start: Path | None = None
) -> Settings:
    """Read the settings.

    Args:
        environment: Variables to use instead of the process environment.
        start: Folder to search the project from; default the current one.

    Returns:
        The settings, with absolute paths.

    Raises:
        SettingsError: No project is found or a value cannot be used.
    """
    given = dict(os.environ if environment is None else environment)
    project_dir = _project_dir(given, start or Path.cwd())
    fallback = {k: v for k, v in dotenv_values(project_dir / ".env").items() if v}
    values = {**fallback, **{k: v for k, v in given.items() if v}}

    def folder(variable: str, default: Path) -> Path:
        text = values.get(variable)
        return (project_dir / Path(text).expanduser()).resolve() if text else default

    url = values.get("BARHOUSE_DATABASE_URL")
    if url and not url.startswith(("postgresql://", "postgres://")):
        scheme = url.partition(":")[0][:20]
        raise SettingsError(
            f"BARHOUSE_DATABASE_URL starts with '{scheme}:'; expected "
            "postgresql://user:password@host:port/database."
        )
    return Settings(
        project_dir=project_dir,
        state_dir=folder("BARHOUSE_STATE_DIR", project_dir / ".barhouse"),
        lake_dir=folder("BARHOUSE_LAKE_DIR", project_dir / "lake"),
        database_url=url,
    )


def is_given(variable: str) -> bool:
    """Tell whether the user set an environment variable to something.

    Args:
        variable: Its name, e.g. ``PREFECT_API_URL``.
    """
    return bool(os.environ.get(variable))


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for a program that Barhouse starts, such as dbt.

    Args:
        extra: Variables to add or replace.
    """
    return {**os.environ, **extra}


def set_environment(values: Mapping[str, str]) -> None:
    """Give libraries that run inside this process and read the environment their settings.

    Args:
        values: Variables to set, such as those that ``profiles/profiles.yml`` reads.
    """
    os.environ.update(values)


def set_default_environment(defaults: Mapping[str, str]) -> None:
    """Give libraries that read the environment their settings, where the user gave none.

    Args:
        defaults: Variables to set unless they are set already.
    """
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def _project_dir(given: Mapping[str, str], start: Path) -> Path:
    if home := given.get("BARHOUSE_HOME"):
        candidates = [Path(home).expanduser().resolve()]
    else:
        here = start.resolve()
        candidates = [here, *here.parents, Path(__file__).resolve().parents[1]]
    for folder in candidates:
        if (folder / "dbt_project.yml").is_file():
            return folder
    looked = "BARHOUSE_HOME" if given.get("BARHOUSE_HOME") else "this folder and those above it"
    raise SettingsError(
        f"No dbt_project.yml in {looked} ({candidates[0]}); run inside the Barhouse project or set "
        "BARHOUSE_HOME to its folder."
    )
