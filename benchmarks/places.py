"""Where a measurement runs: a project without a rate limit, and a server beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROVIDERS = """version: 1
providers:
  alpaca: {requests_per_minute: 100000, concurrency: 4, backoff_seconds: 0.05}
  polygon: {requests_per_minute: 100000, concurrency: 4, backoff_seconds: 0.05}
"""


def bench_project(folder: Path) -> Path:
    """Return a project folder like this one, but with providers that may be asked at any rate.

    Args:
        folder: Where to make it.
    """
    project = folder / "project"
    (project / "config").mkdir(parents=True)
    for part in ("dbt_project.yml", "models", "macros", "seeds", "profiles", "sql_bootstrap"):
        (project / part).symlink_to(ROOT / part)
    for part in ("symbols.yaml", "presets", "sources.yaml"):
        (project / "config" / part).symlink_to(ROOT / "config" / part)
    (project / "config" / "providers.yaml").write_text(PROVIDERS)
    return project


def given_environment(provider: str, url: str, project: Path) -> dict[str, str]:
    """Return the environment of a process that extracts from a server on this machine.

    Args:
        provider: Whose fake it is.
        url: Where it listens.
        project: Of :func:`bench_project`.
    """
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BARHOUSE_HOME": str(project),
        "BARHOUSE_STATE_DIR": str(project.parent / "state"),
        f"BARHOUSE_{provider.upper()}_BASE_URL": url,
        "BARHOUSE_ALPACA_TRADING_BASE_URL": url,
        "APCA_API_KEY_ID": "PKTESTTESTTEST",
        "APCA_API_SECRET_KEY": "s3cr3t/s3cr3t+s3cr3t",
        "POLYGON_API_KEY": "GOODKEY",
    }


def listed_symbols(count: int) -> list[str]:
    """Return so many symbols of the preset sp500.

    Args:
        count: At most 503.
    """
    from extract.config.symbols import load_symbols

    return [entry.symbol for entry in load_symbols(ROOT).group("sp500")][:count]


@contextmanager
def running_server(provider: str, *, weather: bool = False) -> Iterator[str]:
    """Run a provider's fake in a process of its own; yields its URL.

    Args:
        provider: Whose.
        weather: Whether it fails now and then.
    """
    command = [sys.executable, "-m", "benchmarks.market_server", provider]
    process = subprocess.Popen(
        [*command, *(["--weather"] if weather else [])],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()
