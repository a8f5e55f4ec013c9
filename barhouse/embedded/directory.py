"""The data directory: what lies in it, who has it, and whether it is ours.

The lock (flock on ``.lock``) is the only truth about a server being alive: the kernel drops it when
the process ends, however it ends. A pid in a file proves nothing, because pids are used again.
"""

import fcntl
import json
import os
import secrets
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from barhouse.embedded.errors import EmbeddedError

# written into the lock file by the server (embedded/src/lock.mjs)
MAGIC = "barhouse embedded database"
LOG_LIMIT_BYTES = 10 * 1024 * 1024

_OURS = (
    "server.json",
    "server.json.new",
    "server.log",
    "server.log.1",
    "password",
    "password.new",
    ".initialised",
    "port",
)


@dataclass(frozen=True)
class Owner:
    """The process that holds the lock, as it says in the lock file.

    Attributes:
        pid: its process id.
        token: random text that its server.json repeats.
    """

    pid: int
    token: str


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _is_server_process(pid: int) -> bool:
    # Only ever used to say no: the lock has said yes already.
    proc = Path("/proc")
    if (proc / "self" / "cmdline").exists():
        try:
            arguments = (proc / str(pid) / "cmdline").read_bytes()
        except OSError:
            return False
        return b"server.mjs" in arguments
    listed = subprocess.run(  # noqa: S603 - fixed program, the pid is a number
        ["/bin/ps", "-ww", "-o", "args=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    return "server.mjs" in listed.stdout


class DataDirectory:
    """One data directory of the embedded database."""

    def __init__(self, path: Path) -> None:
        """Name the files; nothing is read or made.

        Args:
            path: the directory; it need not exist.
        """
        self.path = path.resolve()
        self.lock_file = self.path / ".lock"
        self.password_file = self.path / "password"
        self.server_file = self.path / "server.json"
        self.log_file = self.path / "server.log"
        self.pgdata = self.path / "pgdata"

    # ---- lock

    def try_lock(self) -> int | None:
        """Take the lock if it is free.

        Returns:
            The locked descriptor, or None when somebody else has it.
        """
        try:
            descriptor = os.open(self.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            return None  # a `reset` took the whole directory away
        except OSError as error:
            raise self._cannot_open(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # `reset` deletes the file under its lock: then this one is nobody's any more
            is_current = os.path.samestat(os.fstat(descriptor), os.stat(self.lock_file))
        except (BlockingIOError, FileNotFoundError):
            is_current = False
        except BaseException:
            os.close(descriptor)
            raise
        if is_current:
            return descriptor
        os.close(descriptor)
        return None

    def is_locked(self) -> bool:
        """Say whether a server (or a start, or a reset) has the directory.

        Returns:
            True while somebody holds the lock.
        """
        try:
            descriptor = os.open(self.lock_file, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._cannot_open(error) from error
        try:
            # shared: two probes must not take each other for a server
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _cannot_open(self, error: OSError) -> EmbeddedError:
        return EmbeddedError(
            f"cannot open {self.lock_file} ({error.strerror}), expected a data directory of this "
            "user: choose another one"
        )

    # ---- who has it

    def owner(self) -> Owner | None:
        """Return the server process that holds the lock.

        Returns:
            None when nobody does, or when it has not said yet who it is.
        """
        content = _read_json(self.lock_file)
        pid, token = content.get("pid"), content.get("token")
        if not isinstance(pid, int) or not isinstance(token, str) or not self.is_locked():
            return None
        return Owner(pid, token) if _is_server_process(pid) else None

    def description(self) -> dict[str, Any] | None:
        """Return what the running server wrote into server.json.

        Returns:
            None when no server is ready. What a killed server left behind does not count.
        """
        owner = self.owner()
        if owner is None:
            return None
        content = _read_json(self.server_file)
        return content if content.get("token") == owner.token else None

    # ---- files

    def make(self) -> None:
        """Make the directory, for its owner only.

        Raises:
            EmbeddedError: it cannot be made, or it holds somebody else's files.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            names = [entry.name for entry in self.path.iterdir()]
        except OSError as error:
            raise EmbeddedError(
                f"cannot make the data directory {self.path} ({error.strerror}), "
                "expected a path where a directory can be: choose another one"
            ) from error
        if self.lock_file.name not in names and any(not name.startswith(".") for name in names):
            raise EmbeddedError(
                f"{self.path} holds other files, expected an empty directory or one of the "
                "embedded database: choose another one"
            )

    def ensure_password(self) -> None:
        """Make the password at the first start. Call it with the lock held."""
        if self.password_file.exists():
            return
        unfinished = self.path / "password.new"
        unfinished.unlink(missing_ok=True)
        # the mode comes with the file: there is no moment at which others could read it
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(24) + "\n")
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.password_file)

    def read_password(self) -> str:
        """Return the password of the superuser.

        Raises:
            EmbeddedError: there is no password file.
        """
        try:
            return self.password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EmbeddedError(
                f"cannot read {self.password_file} ({error.strerror}), expected the password "
                "of the embedded database: start it once with this user"
            ) from error

    def open_log(self) -> int:
        """Open the log for appending; a big one is put aside first.

        Returns:
            The descriptor.
        """
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_LIMIT_BYTES:
            self.log_file.replace(self.path / "server.log.1")
        return os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def log_size(self) -> int:
        """Return the size of the log in bytes, 0 when there is none."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def last_fatal(self, since: int) -> str | None:
        """Return the last FATAL sentence of the log.

        Args:
            since: byte offset at which this start began to write.
        """
        with self.log_file.open("rb") as file:
            file.seek(since)
            lines = file.read().decode("utf-8", "replace").splitlines()
        fatal = [line.removeprefix("FATAL: ") for line in lines if line.startswith("FATAL: ")]
        return fatal[-1] if fatal else None

    # ---- port

    def remembered_port(self) -> int:
        """Return the port of the last server if it is free now, else 0.

        A port that stays lets clients keep what they cache by address, such as dbt its parse.
        """
        try:
            port = int((self.path / "port").read_text())
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except (OSError, ValueError, OverflowError):
            return 0
        return port

    def remember_port(self, port: int) -> None:
        """Keep the port for the next server."""
        (self.path / "port").write_text(str(port))

    # ---- deletion

    def is_ours(self) -> bool:
        """Say whether the server has marked this directory as its own."""
        return _read_json(self.lock_file).get("what") == MAGIC

    def delete(self) -> None:
        """Delete what the server made, and the directory if that was all. Needs the lock."""
        if self.pgdata.is_dir() and not self.pgdata.is_symlink():
            shutil.rmtree(self.pgdata)
        for name in _OURS:
            (self.path / name).unlink(missing_ok=True)
        # the lock goes last: until here nobody else may start
        self.lock_file.unlink(missing_ok=True)
        if not any(self.path.iterdir()):
            self.path.rmdir()
