"""Starts or joins the embedded server of a data directory."""

import os
import subprocess
import time
from pathlib import Path

from barhouse.embedded.directory import DataDirectory
from barhouse.embedded.errors import EmbeddedError, PortTakenError
from barhouse.embedded.node import check_node, find_node, server_program
from barhouse.embedded.server import Server, as_server, reap, started

# the server's exit code for a port that another program has (embedded/src/fatal.mjs)
_EXIT_PORT_TAKEN = 4
_POLL_SECONDS = 0.05


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
            return as_server(directory, description)
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
    started.append(child)
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
    reap()
    directory = DataDirectory(data_dir)
    deadline = time.monotonic() + timeout_seconds
    while True:
        directory.make()  # every time: a `reset` elsewhere may have taken it away
        description = directory.description()
        if description is not None:
            return as_server(directory, description)
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
