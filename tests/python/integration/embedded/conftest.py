"""Servers for the tests: one shared by most, and quick private ones for tests that end theirs."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from barhouse import embedded
from barhouse.embedded.node import server_program

WAIT_SECONDS = 60


class HandServer:
    """A server started without the launcher: with options of its own, and to be killed."""

    def __init__(self, data_dir: Path, *options: str) -> None:
        self.data_dir = data_dir
        self.server_file = data_dir / "server.json"
        self.log_file = data_dir / "hand.log"
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [embedded.find_node(), server_program(), "--data", data_dir, *options],
                stdout=log,
                stderr=log,
            )

    def wait_ready(self) -> "HandServer":
        """Wait for server.json of this very process."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                if json.loads(self.server_file.read_text())["pid"] == self.process.pid:
                    return self
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        raise AssertionError(f"not ready: {self.log}")

    @property
    def log(self) -> str:
        """Everything it has said."""
        return self.log_file.read_text()

    def url(self, role: str | None = None) -> str:
        """Return the URL, by way of the launcher's status."""
        server = embedded.status(self.data_dir)
        assert server is not None
        return server.url(role)

    def kill(self) -> None:
        """Kill -9."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_SECONDS)

    def close(self) -> None:
        """End it however it is."""
        if self.process.poll() is None:
            self.kill()


@pytest.fixture(scope="session")
def template_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after its first boot, stopped: copying it is quicker than initdb."""
    path = tmp_path_factory.mktemp("template") / "db"
    embedded.start(path)
    embedded.stop(path)
    return path


def _copy(template: Path, target: Path) -> Path:
    ignored = shutil.ignore_patterns("server.log")
    return Path(shutil.copytree(template, target, ignore=ignored))


@pytest.fixture(scope="session")
def server(
    template_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[embedded.Server]:
    """The server most tests share."""
    path = _copy(template_dir, tmp_path_factory.mktemp("shared") / "db")
    yield embedded.start(path)
    embedded.stop(path)


@pytest.fixture
def data_dir(template_dir: Path, tmp_path: Path) -> Iterator[Path]:
    """A stopped, initialised data directory of the test's own."""
    path = _copy(template_dir, tmp_path / "db")
    yield path
    embedded.stop(path)


@pytest.fixture
def run_by_hand() -> Iterator[Callable[..., HandServer]]:
    """Start servers with options: ``run_by_hand(data_dir, "--cancel-grace-ms", "300")``."""
    servers: list[HandServer] = []

    def run(path: Path, *options: str) -> HandServer:
        servers.append(HandServer(path, *options))
        return servers[-1]

    yield run
    for each in servers:
        each.close()


@pytest.fixture
def connect(server: embedded.Server) -> Iterator[Callable[..., psycopg.Connection[Any]]]:
    """Open connections (autocommit unless told) that the fixture closes.

    Arguments: ``role``, ``url`` of another server, and anything psycopg takes.
    """
    with ExitStack() as stack:

        def open_connection(
            *,
            role: str | None = None,
            url: str | None = None,
            autocommit: bool = True,
            **parameters: Any,
        ) -> psycopg.Connection[Any]:
            connection = psycopg.connect(
                url or server.url(role), autocommit=autocommit, connect_timeout=30, **parameters
            )
            stack.callback(connection.close)
            return connection

        yield open_connection
