"""The warehouse beside DuckDB on Parquet and ArcticDB, in one run, as one table.

    python -m benchmarks [--scale small|reference|full] [--output FILE] [--rounds 7]

Bars are generated, landed, built, exported, compressed, asked for, archived and restored; every
answer of every contestant is compared with the generator before its time counts. Uses the database
of BARHOUSE_DATABASE_URL, which must hold no bars and is left with the generated ones; without the
variable an embedded one that is thrown away, which is for ``--scale small``. `make bench` installs
the peers; without them their columns stay empty.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import psycopg

from barhouse import bootstrap, embedded
from barhouse.database import open_warehouse
from barhouse.errors import BarhouseError
from barhouse.shelf import shelf_of
from benchmarks.generator import SCALES
from benchmarks.goals import goals_of
from benchmarks.landing import made_market
from benchmarks.peers import running_peers
from benchmarks.publishing import Stage, publish, run_build
from benchmarks.queries import ask_database, ask_lake
from benchmarks.storing import archive, bring_back, store
from benchmarks.table import rendered
from extract.settings import Settings, SettingsError, load_settings

ROUNDS = 7


def main() -> None:
    """Measure, print the table, and write it where that is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--scale", choices=SCALES, default="small")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each question")
    given = parser.parse_args()
    try:
        text = _measured(given.scale, given.rounds)
    except (BarhouseError, SettingsError) as error:
        sys.exit(f"error: {error}")
    sys.stdout.write(text)
    if given.output:
        given.output.write_text(text, encoding="utf-8")


def measure(
    settings: Settings,
    scale: str,
    folder: Path,
    tell: Callable[[str], None],
    *,
    rounds: int = ROUNDS,
    build: Callable[[], object] | None = None,
) -> str:
    """Measure everything on one database.

    Args:
        settings: The project; its database must hold no bars.
        scale: One of ``SCALES``.
        folder: For the lake, the peers and files that are thrown away.
        tell: Told a line for each step.
        rounds: How often each question counts.
        build: What builds; default the command `barhouse build`, its start included.

    Returns:
        The tables, as markdown.

    Raises:
        BarhouseError: The database holds bars, a step fails, or an answer is wrong.
    """
    settings = replace(settings, lake_dir=folder / "lake", lake_url=None, values={})
    warehouse = open_warehouse(settings)
    bootstrap.bootstrap(warehouse.url(), settings.project_dir / "sql_bootstrap")
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        if connection.execute("select 1 from staging.raw_bars limit 1").fetchone():
            raise BarhouseError("The database holds bars already; expected one without any.")
    market = made_market(settings, warehouse, SCALES[scale])
    with running_peers(market, folder) as peers:
        if not peers.names:
            tell("the peers are not installed (`make bench` does that); their columns stay empty")
        builds = build or partial(run_build, settings, warehouse)
        stage = Stage(settings, warehouse, market, peers, folder, builds, tell)
        published = publish(stage)
        stored = store(stage)
        asked = ask_database(stage, rounds)
        dropped = archive(stage)
        asked.update(ask_lake(stage, rounds))
        restored = bring_back(stage)
        shutil.rmtree(shelf_of(settings).folder)
    rows = [*published.rows, *stored.rows, *asked.values(), dropped, restored]
    return rendered(rows, goals_of(published, stored, asked, restored))


def _measured(scale: str, rounds: int) -> str:
    began = time.monotonic()

    def tell(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:7.0f} s  {line}\n")
        sys.stderr.flush()

    settings = load_settings()
    with tempfile.TemporaryDirectory(prefix="barhouse-bench-") as name:
        folder = Path(name)
        if settings.database_url:
            return measure(settings, scale, folder, tell, rounds=rounds)
        settings = replace(settings, state_dir=folder / "state")
        try:
            return measure(settings, scale, folder, tell, rounds=rounds)
        finally:
            embedded.stop(settings.embedded_dir)


if __name__ == "__main__":
    main()
