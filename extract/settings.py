"""Settings: the one place, beside ``profiles/profiles.yml``, that reads the environment.

Values come from the environment, then from ``.env`` in the project's folder.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

#: A load is complete after so many rows, at the next end of a request.
CHECKPOINT_ROWS = 120_000


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one sentence for the user."""


@dataclass(frozen=True)
class Settings:
    """Where Barhouse works.

    Attributes:
        project_dir: The folder with ``dbt_project.yml``.
        state_dir: Everything Barhouse makes for itself: database, caches, dlt's working folders.
        lake_dir: Where the Parquet lake lies, when that is a folder.
        lake_url: Where it lies instead, such as ``s3://bucket/lake``.
        database_url: The TimescaleDB to use; ``None`` means the embedded one.
        checkpoint_rows: After so many rows what an extract has fetched so far counts as landed.
        log_format: ``json`` for a line per request on standard error instead of progress bars.
    """

    project_dir: Path
    state_dir: Path
    lake_dir: Path
    #: May hold a password.
    database_url: str | None = field(repr=False)
    lake_url: str | None = None
    checkpoint_rows: int = CHECKPOINT_ROWS
    log_format: str = "text"
    #: Variables and their values, secrets among them: never shown.
    values: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)

    @property
    def redis_url(self) -> str | None:
        """Redis that keeps answers of the API; may hold a password."""
        return self.values.get("BARHOUSE_REDIS_URL", "").strip() or None

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
    lake = values.get("BARHOUSE_LAKE_DIR", "")
    is_url = "://" in lake
    if is_url and urlsplit(lake).password:
        raise SettingsError(
            "BARHOUSE_LAKE_DIR holds a password; expected a URL without one, such as "
            "s3://bucket/lake, and the key in the vendor's own variables."
        )
    return Settings(
        project_dir=project_dir,
        state_dir=folder("BARHOUSE_STATE_DIR", project_dir / ".barhouse"),
        lake_dir=folder("" if is_url else "BARHOUSE_LAKE_DIR", project_dir / "lake"),
        lake_url=lake if is_url else None,
        database_url=url,
        checkpoint_rows=_whole_number(values, "BARHOUSE_CHECKPOINT_ROWS", CHECKPOINT_ROWS),
        log_format=_word(values, "BARHOUSE_LOG", ("text", "json")),
        values=values,
    )


def credential(settings: Settings, provider: str, name: str, variable: str) -> str | None:
    """Return a secret: from the environment or ``.env``, else from dlt's secrets file.

    Args:
        settings: The project.
        provider: Whose, e.g. ``alpaca``.
        name: Its name under ``[sources.<provider>]`` of ``.dlt/secrets.toml``, in the project or
            in the home folder.
        variable: The vendor's own variable, e.g. ``APCA_API_KEY_ID``; dlt's
            ``SOURCES__ALPACA__API_KEY`` is read, too.

    Returns:
        The secret; ``None`` when there is none or it is empty.

    Raises:
        SettingsError: A secrets file cannot be read, or what it holds is no text.
    """
    for given in (variable, f"SOURCES__{provider}__{name}".upper()):
        if value := settings.values.get(given, "").strip():
            return value
    home = Path(settings.values.get("HOME") or "~").expanduser()
    for folder in (settings.project_dir, home):
        path = folder / ".dlt" / "secrets.toml"
        section: object = _secrets(path)
        for step in ("sources", provider):
            section = section.get(step) if isinstance(section, dict) else None
        secret = section.get(name, "") if isinstance(section, dict) else ""
        if not isinstance(secret, str):
            raise SettingsError(
                f"{path} has a `{name}` under [sources.{provider}] without quotes; add them."
            )
        if value := secret.strip():
            return value
    return None


def endpoint(settings: Settings, variable: str) -> str | None:
    """Return where to reach a provider, if a variable says so.

    Args:
        settings: The project.
        variable: E.g. ``BARHOUSE_ALPACA_BASE_URL``; see :func:`usable_endpoint`.

    Raises:
        SettingsError: It cannot be used.
    """
    value = settings.values.get(variable, "").strip()
    if not value:
        return None
    try:
        return usable_endpoint(variable, value, settings.project_dir)
    except ValueError as error:
        raise SettingsError(f"{variable} {error}.") from error


def usable_endpoint(name: str, value: str, project_dir: Path) -> str:
    """Return an endpoint as it is used: files with their whole path, everything else as it is.

    Args:
        name: Its ending says what it must be: ``url``, ``proxy``, ``port``, ``host`` or ``file``.
        value: What was given.
        project_dir: Relative paths start here.

    Raises:
        ValueError: It cannot be used; the message is a clause and never shows a password.
    """
    kind = name.lower().rpartition("_")[2]
    if kind in ("url", "proxy") and not _is_url(value):
        # What stands there may hold a password, so it is not shown.
        raise ValueError("is no URL; expected http://host:port or https://host:port")
    if kind == "port" and not (re.fullmatch("[0-9]{1,5}", value) and 0 < int(value) < 65_536):
        raise ValueError(f"is '{value[:20]}'; expected a port from 1 to 65535")
    if kind == "host" and not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", value):
        raise ValueError("is no host; expected its name or address alone, such as 127.0.0.1")
    if kind == "file":
        path = (project_dir / Path(value).expanduser()).resolve()
        if not path.is_file():
            raise ValueError(f"names {path}, which is no file; correct the path")
        return str(path)
    return value


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_good and value.isprintable() and " " not in value


# Errors of decoders and of the TOML parser hold what they read, so none is passed on.
def _secrets(path: Path) -> dict[str, object]:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror or error}.") from error
    what = "it is not TOML; correct it"
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        line, what = content.count(b"\n", 0, error.start) + 1, "it is not UTF-8; save it as UTF-8"
    except tomllib.TOMLDecodeError as error:
        told = re.search(r"\(at line ([0-9]+), column [0-9]+\)$", str(error))
        line = int(told[1]) if told else content.count(b"\n") + 1
    except RecursionError:
        line = 1
    raise SettingsError(f"{path}, line {line}: {what}.")


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


def _whole_number(values: Mapping[str, str], variable: str, default: int) -> int:
    text = values.get(variable)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise SettingsError(f"{variable} is '{text[:20]}'; expected a whole number from 1.")
    return int(text)


def _word(values: Mapping[str, str], variable: str, known: tuple[str, ...]) -> str:
    text = values.get(variable, known[0])
    if text not in known:
        raise SettingsError(f"{variable} is '{text[:20]}'; expected {' or '.join(known)}.")
    return text


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
