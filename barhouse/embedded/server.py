"""A running embedded server: what it is, and whether one runs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from barhouse.embedded.directory import DataDirectory

_USER = "postgres"

# Handles of servers that this process started: they outlive us on purpose, and polling them here
# keeps them from staying behind as zombies when they are stopped.
started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Server:
    """A running embedded database.

    Attributes:
        pid: process id of the server.
        host: loopback address it listens on.
        port: TCP port; that of the last start where it is free.
        database: name of its one database.
        data_dir: its data directory, absolute.
    """

    pid: int
    host: str
    port: int
    database: str
    data_dir: Path

    def url(self, role: str | None = None) -> str:
        """Return the connection URL, password included: do not log it.

        Args:
            role: database role the session takes at its start, e.g. ``loader``.

        Returns:
            A libpq URL, which psycopg, SQLAlchemy and ADBC also take.

        Raises:
            EmbeddedError: the password file cannot be read.
        """
        password = quote(DataDirectory(self.data_dir).read_password(), safe="")
        host = f"[{self.host}]" if ":" in self.host else self.host
        url = f"postgresql://{_USER}:{password}@{host}:{self.port}/{self.database}"
        url += "?sslmode=disable"
        if role is not None:
            # blanks and backslashes separate and escape inside `options`
            escaped = role.replace("\\", "\\\\").replace(" ", "\\ ")
            url += "&options=" + quote(f"-crole={escaped}", safe="")
        return url


def as_server(directory: DataDirectory, description: dict[str, Any]) -> Server:
    """Return the server that a description in server.json speaks of."""
    return Server(
        pid=int(description["pid"]),
        host=str(description["host"]),
        port=int(description["port"]),
        database=str(description["database"]),
        data_dir=directory.path,
    )


def reap() -> None:
    """Collect the servers that this process started and that have ended."""
    started[:] = [child for child in started if child.poll() is None]


def status(data_dir: Path) -> Server | None:
    """Return the server that runs on a directory.

    Args:
        data_dir: the data directory, e.g. ``.barhouse/db``.

    Returns:
        None when none is ready for clients.
    """
    directory = DataDirectory(data_dir)
    description = directory.description()
    return None if description is None else as_server(directory, description)
