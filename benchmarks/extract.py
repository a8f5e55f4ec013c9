"""How fast bars land, from an SDK's objects to rows of the warehouse.

    python -m benchmarks.extract [--symbols 20] [--months 4]

measures each provider against a server on this machine that answers at once, three ways in turn:

  * ``read``: the SDK's answers become columns, and nothing else is done with them;
  * ``land``: `barhouse extract`, from the first request to the last committed row;
  * ``copy``: the same rows by one plain COPY into the same table, with nothing to fetch or check.

Uses the database of BARHOUSE_DATABASE_URL, else an embedded one that is thrown away. Rows stay in
the staging schema of a given database: take one that is there for measuring.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.places import bench_project, given_environment, listed_symbols, running_server

PROVIDERS = ("alpaca", "polygon")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--months", type=int, default=4)
    parser.add_argument("--providers", nargs="*", default=PROVIDERS)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    rows = [_measured(provider, given) for provider in given.providers]
    _print(rows)


def _measured(provider: str, given: argparse.Namespace) -> dict[str, Any]:
    start = date(2026, 1, 1)
    end = date(2026, 1 + given.months, 1)
    symbols = listed_symbols(given.symbols)
    with tempfile.TemporaryDirectory() as folder, running_server(provider) as url:
        project = bench_project(Path(folder))
        environment = given_environment(provider, url, project)
        wish = [provider, ",".join(symbols), str(start), str(end)]
        # The first pass makes the server render its answers.
        _child("read", wish, environment)
        figures: dict[str, list[dict[str, float]]] = {"read": [], "land": [], "copy": []}
        for _round in range(given.rounds):
            for way, found in figures.items():
                found.append(_child(way, wish, environment))
        subprocess.run(
            [sys.executable, "-m", "benchmarks.extract_child", "stop"], env=environment, check=True
        )
    best = {
        way: sorted(found, key=lambda one: one["seconds"])[len(found) // 2]
        for way, found in figures.items()
    }
    return {"provider": provider, **best}


def _child(way: str, wish: list[str], environment: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.extract_child", way, *wish],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    sys.stderr.write(f"{wish[0]} {way}: {figures}\n")
    return figures


def _print(rows: list[dict[str, Any]]) -> None:
    lines = [
        "| provider | bars | read bars/s | land bars/s | copy rows/s | land : copy | memory MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        rate = {way: row[way]["rows"] / row[way]["seconds"] for way in ("read", "land", "copy")}
        lines.append(
            f"| {row['provider']} | {row['land']['rows']:,.0f} | {rate['read']:,.0f} "
            f"| {rate['land']:,.0f} | {rate['copy']:,.0f} | {rate['land'] / rate['copy']:.2f} "
            f"| {row['land']['megabytes']:,.0f} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
