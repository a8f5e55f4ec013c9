"""A Prefect server for the length of one command, where the user runs none.

Prefect can start one by itself, but only after it has imported the whole server into the process
that waits for it. Here the server starts first and alone, while the flow's own imports go on.
The server ends with the process that started it, however that ends.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException

from barhouse.errors import BarhouseError
from extract.settings import child_environment, is_given, set_environment

_HOST = "127.0.0.1"
_TIMEOUT_SECONDS = 60
# What Prefect sets for its own temporary server: no page to look at, no schedules.
_TEMPORARY = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}


class LocalServer:
    """The running server, or none where the user's own is used."""

    def __init__(self, process: subprocess.Popen[bytes] | None, port: int) -> None:
        """Keep the process, none for the user's own server, and the port it listens on."""
        self._process = process
        self._port = port

    def wait(self) -> None:
        """Wait until the server answers.

        Raises:
            BarhouseError: It ended or did not answer in time.
        """
        if self._process is None:
            return
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if _is_healthy(self._port):
                return
            time.sleep(0.1)
        raise BarhouseError(
            f"The Prefect server of this run did not answer on {_HOST}:{self._port} within "
            f"{_TIMEOUT_SECONDS} s; expected it to start. Run again, or set PREFECT_API_URL to a "
            "server of yours."
        )


def start_local_server() -> LocalServer:
    """Start a server unless ``PREFECT_API_URL`` names one. Import Prefect after it."""
    if is_given("PREFECT_API_URL"):
        return LocalServer(None, 0)
    port = _free_port()
    process = subprocess.Popen(  # noqa: S603 - this module, in our own interpreter
        [sys.executable, "-m", "flows.local_server", str(port)],
        stdin=subprocess.PIPE,
        env=child_environment(_TEMPORARY),
    )
    # Before Prefect is imported: it reads its settings then.
    set_environment({"PREFECT_API_URL": f"http://{_HOST}:{port}/api"})
    # It is not ended here: Prefect hands its last log lines over when this process exits, and then
    # the pipe closes.
    return LocalServer(process, port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _is_healthy(port: int) -> bool:
    connection = HTTPConnection(_HOST, port, timeout=2)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _end_with_parent() -> None:
    # The pipe closes when the process that holds its other end is gone.
    sys.stdin.buffer.read()
    os._exit(0)


def _serve(port: int) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host=_HOST,
        port=port,
        log_level="critical",
    )


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
