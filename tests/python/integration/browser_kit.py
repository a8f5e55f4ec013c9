"""A headless Chromium for pages; installed from its lock file by the first test that needs it."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from house_kit import ROOT

from barhouse.embedded import find_node

SOURCE = ROOT / "tests" / "python" / "browser"
LOCK = SOURCE / "package-lock.json"
CACHE = ROOT / ".barhouse" / "browser"


class Browser:
    """Opens pages and says what it saw."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def look(self, page: Path, *views: dict[str, Any]) -> dict[str, Any]:
        """Open a page once per view; see look.mjs for what a view may ask and what is answered."""
        answer = subprocess.run(
            [find_node(), SOURCE / "look.mjs", self.folder],
            input=json.dumps({"page": str(page), "views": views}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)


def installed_browser() -> Browser:
    """Return the browser; two processes of tests may ask for it at once."""
    told = LOCK.read_bytes() + (SOURCE / "unpack.mjs").read_bytes()
    folder = CACHE / hashlib.sha256(told).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ready").exists():
            # One of another lock file is of no use any more.
            for old in (path for path in CACHE.iterdir() if path.is_dir()):
                shutil.rmtree(old)
            _install(folder)
            (folder / "ready").touch()
    return Browser(folder)


def _install(folder: Path) -> None:
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / name, folder)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*_npm(), "ci", *quiet], cwd=folder, check=True)
    subprocess.run([find_node(), SOURCE / "unpack.mjs", folder], check=True)


def _npm() -> list[str]:
    spec = importlib.util.spec_from_file_location("barhouse_setup", ROOT / "tools" / "setup.py")
    setup = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(setup)
    return setup.npm()
