"""How fast minutes go to the lake and come back, beside plain COPY of the same rows.

    BARHOUSE_DATABASE_URL=... python -m benchmarks.lake

takes a warehouse with minutes, such as `benchmarks.publish` leaves, and times in each round:

  * ``copy out``: one COPY of ``core.bars_1m`` in binary to this process, which keeps it in a file;
  * ``export``: ``bars_1m`` to an empty lake, from the first query to the last fsync;
  * ``copy in``: that file, by one COPY into an empty hypertable of the same shape;
  * ``restore``: every partition into ``core.bars_1m``, whose chunks were dropped, each verified and
    in a transaction of its own.

The minutes are all there again at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psycopg

from barhouse.errors import BarhouseError
from barhouse.lake import DATASETS, export
from barhouse.lake.datasets import dataset_named
from barhouse.lake.listing import partition_folders
from barhouse.lake.restore import restore
from barhouse.opening import ready_warehouse
from benchmarks.copying import PLAIN, copy_in, copy_out
from extract.settings import load_settings

STEPS: Final = ("copy out", "export", "copy in", "restore")


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    settings = load_settings()
    warehouse = ready_warehouse(settings)
    rounds = []
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        ((count,),) = connection.execute("select count(*) from core.bars_1m").fetchall()
        if not count:
            raise BarhouseError("core.bars_1m is empty; run benchmarks.publish first.")
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                rounds.append(_round_of(connection, warehouse.url, Path(folder), count))
            sys.stderr.write(f"{rounds[-1]}\n")
        connection.execute(f"drop table {PLAIN}".encode())
    out, to_lake, into, back = (
        sorted(one[step] for one in rounds)[len(rounds) // 2] for step in STEPS
    )
    sys.stdout.write(
        "| bars | copy out rows/s | export rows/s | export : copy | copy in rows/s | "
        "restore rows/s | restore : copy |\n|---:|---:|---:|---:|---:|---:|---:|\n"
        f"| {count:,} | {count / out:,.0f} | {count / to_lake:,.0f} | {out / to_lake:.2f} "
        f"| {count / into:,.0f} | {count / back:,.0f} | {into / back:.2f} |\n"
    )


def _round_of(
    connection: psycopg.Connection, url_of: Callable[[str], str], folder: Path, count: int
) -> dict[str, float]:
    minutes = dataset_named("bars_1m")
    if minutes is None:
        raise BarhouseError("The lake has no dataset bars_1m.")
    taken, lake = {}, folder / "lake"
    taken["copy out"] = copy_out(connection, folder / "bars")

    started = time.monotonic()
    chosen = [dataset for dataset in DATASETS if dataset is minutes]
    export(url_of("analyst"), lake, exported_at=datetime.now(UTC), git_sha=None, datasets=chosen)
    taken["export"] = time.monotonic() - started

    taken["copy in"] = copy_in(connection, folder / "bars")

    connection.execute("select drop_chunks('core.bars_1m', older_than => 'infinity'::timestamptz)")
    connection.execute("checkpoint")
    wanted = [(minutes, partition) for partition in partition_folders(lake / minutes.name)]
    started = time.monotonic()
    done = restore(url_of, lake, wanted)
    taken["restore"] = time.monotonic() - started
    if sum(one.rows for one in done) != count:
        raise BarhouseError("Not all bars came back.")
    return taken


if __name__ == "__main__":
    main()
