"""DuckDB and ArcticDB as this process sees them: a process that is asked line by line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from barhouse.errors import BarhouseError
from benchmarks.generator import Market
from benchmarks.places import ROOT

PEERS: Final = ("DuckDB", "ArcticDB")
#: Made by `make bench`, from benchmarks/requirements.lock.
PYTHON: Final = ROOT / ".barhouse" / "peers" / "bin" / "python"


@dataclass(frozen=True)
class Peers:
    """The process.

    Attributes:
        process: None where the peers are not installed.
    """

    process: subprocess.Popen[str] | None

    @property
    def names(self) -> tuple[str, ...]:
        """Who takes part."""
        return PEERS if self.process else ()

    def tell(self, peer: str, **wish: str | int) -> dict[str, Any]:
        """Have something done; returns what it says, ``seconds`` among it.

        Args:
            peer: One of :attr:`names`.
            wish: As ``benchmarks.peer_child`` reads it.

        Raises:
            BarhouseError: The process ended.
        """
        process = self.process
        assert process is not None  # noqa: S101 - a name of `names`
        assert process.stdin is not None  # noqa: S101 - pipes
        assert process.stdout is not None  # noqa: S101
        process.stdin.write(json.dumps({"peer": peer, **wish}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            raise BarhouseError(f"{peer} failed at {wish}; what it said stands above.")
        said: dict[str, Any] = json.loads(line)
        return said


@contextmanager
def running_peers(market: Market, folder: Path) -> Iterator[Peers]:
    """Run the peers, if they are installed.

    Args:
        market: What they are to hold.
        folder: Where they may keep it.
    """
    if not PYTHON.is_file():
        yield Peers(None)
        return
    for name in ("parquet", "arctic"):
        (folder / name).mkdir()
    market.write(folder / "market.json")
    process = subprocess.Popen(
        [str(PYTHON), "-m", "benchmarks.peer_child", str(folder / "market.json"), str(folder)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peers(process)
    finally:
        process.kill()
        process.wait()
