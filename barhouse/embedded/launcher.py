"""Starts, joins and stops the embedded server of a data directory."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from barhouse.embedded.directory import DataDirectory
from barhouse.embedded.errors import EmbeddedError, PortTakenError
from barhouse.embedded.node import check_node, find_node, server_program

# the server's exit code for a port that another program has (embedded/src/fatal.mjs)
_EXIT_PORT_TAKEN = 4
_POLL_SECONDS = 0.05
_KILL_SECONDS = 10.0
_USER = "postgres"

# Handles of servers that this process started: they outlive us on purpose, and polling them here
# keeps them from staying behind as zombies when they are stopped.
_started: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class Server:
    """A running embedded database.

    Attributes:
        pid: process id of the server.
        host: loopback address it listens on.
        port: TCP port; another one at every start unless a port was asked for.
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


def _as_server(directory: DataDirectory, description: dict[str, Any]) -> Server:
    return Server(
        pid=int(description["pid"]),
        host=str(description["host"]),
        port=int(description["port"]),
        database=str(description["database"]),
        data_dir=directory.path,
    )


def _reap() -> None:
    _started[:] = [child for child in _started if child.poll() is None]


def status(data_dir: Path) -> Server | None:
    """Return the server that runs on a directory.

    Args:
        data_dir: the data directory, e.g. ``.barhouse/db``.

    Returns:
        None when none is ready for clients.
    """
    directory = DataDirectory(data_dir)
    description = directory.description()
    return None if description is None else _as_server(directory, description)


def _spawn(
    directory: DataDirectory, lock: int, command: list[str | Path]
) -> tuple[subprocess.Popen[bytes], int]:
    # The child inherits the locked descriptor: the lock lives as long as the server, not as long as
    # we do. Its environment is empty but for PATH: nothing of the caller's (keys, NODE_OPTIONS)
    # gets into it.
    log = directory.open_log()
    log_start = directory.log_size()
    try:
        child = subprocess.Popen(  # noqa: S603 - our own program, arguments are paths and numbers
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=directory.path,
            pass_fds=(lock,),
            start_new_session=True,
            env={"PATH": os.defpath, "TZ": "UTC"},
        )
    finally:
        os.close(log)
    return child, log_start


def _wait_ready(
    directory: DataDirectory, child: subprocess.Popen[bytes], log_start: int, deadline: float
) -> Server:
    while time.monotonic() < deadline:
        description = directory.description()
        if description is not None and description["pid"] == child.pid:
            return _as_server(directory, description)
        code = child.poll()
        if code is not None:
            fatal = directory.last_fatal(log_start) or f"it ended with exit code {code}"
            kind = PortTakenError if code == _EXIT_PORT_TAKEN else EmbeddedError
            raise kind(f"the embedded database did not start: {fatal} (log: {directory.log_file})")
        time.sleep(_POLL_SECONDS)
    child.kill()
    child.wait()
    raise EmbeddedError(
        "the embedded database was not ready in time and was ended, expected it to start within "
        f"the given timeout: see {directory.log_file}"
    )


def _start_locked(
    directory: DataDirectory, lock: int, port: int, node: Path | None, deadline: float
) -> Server:
    remembered = 0 if port else directory.remembered_port()
    if remembered:
        try:
            return _start_on(directory, lock, remembered, node, deadline)
        except PortTakenError:
            pass  # taken since we looked: any other will do
    return _start_on(directory, lock, port, node, deadline)


def _start_on(
    directory: DataDirectory, lock: int, port: int, node: Path | None, deadline: float
) -> Server:
    program = server_program()
    interpreter = find_node() if node is None else check_node(node)
    directory.server_file.unlink(missing_ok=True)
    directory.ensure_password()
    command: list[str | Path] = [
        interpreter,
        program,
        "--data",
        directory.path,
        "--port",
        str(port),
        "--lock-fd",
        str(lock),
    ]
    child, log_start = _spawn(directory, lock, command)
    try:
        server = _wait_ready(directory, child, log_start, deadline)
    except KeyboardInterrupt:
        child.terminate()
        raise
    _started.append(child)
    directory.remember_port(server.port)
    return server


def start(
    data_dir: Path, *, timeout_seconds: float = 120, port: int = 0, node: Path | None = None
) -> Server:
    """Start the server of a directory, or join the one that runs.

    Several processes may call this at once: one starts it, the others wait and join. The server
    goes on after the caller has ended.

    Args:
        data_dir: the data directory; made at the first start.
        timeout_seconds: how long to wait for a server that accepts clients.
        port: TCP port on 127.0.0.1; 0 takes that of the last server, or a free one. Has no effect on a server that runs.
        node: Node program to use instead of the one `find_node` finds.

    Returns:
        The running server.

    Raises:
        EmbeddedError: it cannot start, with the reason the server gave.
    """
    _reap()
    directory = DataDirectory(data_dir)
    deadline = time.monotonic() + timeout_seconds
    while True:
        directory.make()  # every time: a `reset` elsewhere may have taken it away
        description = directory.description()
        if description is not None:
            return _as_server(directory, description)
        lock = directory.try_lock()
        if lock is not None:
            try:
                return _start_locked(directory, lock, port, node, deadline)
            finally:
                os.close(lock)
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{directory.path} is locked but no server got ready within "
                f"{timeout_seconds:g} seconds, expected a running one to join: "
                f"see {directory.log_file}"
            )
        time.sleep(_POLL_SECONDS)


def _wait_free(directory: DataDirectory, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while directory.is_locked():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    _reap()
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise EmbeddedError(
            f"the embedded database (pid {pid}) belongs to another user, expected one of yours: "
            "let that user stop it"
        ) from error


def stop(data_dir: Path, *, timeout_seconds: float = 30) -> bool:
    """Stop the server of a directory, also one that is still starting.

    Args:
        data_dir: the data directory.
        timeout_seconds: how long to wait for a clean end before the process is killed; what was
            committed survives that too.

    Returns:
        True when a server was stopped, False when none ran.

    Raises:
        EmbeddedError: somebody holds the directory and cannot be stopped.
    """
    directory = DataDirectory(data_dir)
    deadline = time.monotonic() + timeout_seconds
    owner = directory.owner()
    while owner is None:
        if not directory.is_locked():
            return False
        if time.monotonic() > deadline:
            raise EmbeddedError(
                f"{directory.path} is locked by a process that is not a server of ours, expected "
                "an embedded database: find it with lsof and end it"
            )
        time.sleep(_POLL_SECONDS)
        owner = directory.owner()
    _signal(owner.pid, signal.SIGTERM)
    if _wait_free(directory, timeout_seconds):
        return True
    # Ask again who has it: only the process that still holds this very lock may be killed.
    if directory.owner() == owner:
        _signal(owner.pid, signal.SIGKILL)
    if _wait_free(directory, _KILL_SECONDS):
        return True
    raise EmbeddedError(
        f"the embedded database (pid {owner.pid}) does not end, expected it to after SIGKILL: "
        f"see {directory.log_file}"
    )


def reset(data_dir: Path) -> None:
    """Stop the server of a directory and delete its data, password and logs.

    Only what the server made is deleted; other files in the directory stay.

    Args:
        data_dir: the data directory; one that is missing or empty is fine.

    Raises:
        EmbeddedError: the directory was not made by the embedded database, or is in use again.
    """
    directory = DataDirectory(data_dir)
    if not directory.path.exists() or not any(directory.path.iterdir()):
        return
    if not directory.is_ours():
        raise EmbeddedError(
            f"{directory.path} does not look like a data directory of the embedded database, "
            "expected the mark in its .lock file: nothing was deleted"
        )
    stop(directory.path)
    lock = directory.try_lock()
    if lock is None:
        raise EmbeddedError(
            f"{directory.path} was taken by another start, expected nobody there after the stop: "
            "try again"
        )
    try:
        directory.delete()
    finally:
        os.close(lock)
