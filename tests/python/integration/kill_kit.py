"""Work on the lake, killed before each of its steps in turn."""

from __future__ import annotations

import json
import subprocess
import sys

from house_kit import House

# Kills itself before the n-th thing that is said to the database or done to the lake, in a child
# per n, until one comes through; prints what each has left.
KILLED = """
import json, os, signal, sys
from datetime import datetime
from pathlib import Path
import psycopg
from adbc_driver_postgresql import dbapi
from barhouse.lake import datasets, files, listing, partitions, restore, retention, steps
from barhouse.lake.verify import verify_partition

work, url, lake, *given = sys.argv[1:]
lake = Path(lake)
minutes = datasets.dataset_named("bars_1m")

def run():
    if work == "drop":
        span = map(datetime.fromisoformat, given)
        retention.drop_chunk(url, lake, retention.Chunk(minutes, *span))
    else:
        day = partitions.parse_partition(given[0])
        restore.restore(lambda role: url, lake, [(minutes, day)])

def counted(owner, name, left):
    real = getattr(owner, name)
    def call(*arguments, **named):
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left[0] -= 1
        return real(*arguments, **named)
    setattr(owner, name, call)

number, was_killed = 0, True
while was_killed:
    if not os.fork():
        left = [number]
        for owner, name in ((dbapi.Cursor, "execute"), (dbapi.Cursor, "adbc_ingest"),
                            (dbapi.Connection, "commit"), (steps, "put_text")):
            counted(owner, name, left)
        run()
        os._exit(0)
    status = os.wait()[1]
    was_killed = os.WIFSIGNALED(status)
    assert was_killed or status == 0, status
    with psycopg.connect(url) as connection:
        left = connection.execute(
            "select (select count(*) from core.bars_1m), (select count(*) from ops.archived_ranges)"
        ).fetchone()
    folders = listing.partition_folders(lake / "bars_1m").values()
    marked = sum(files.read_manifest(folder).archived_at is not None for folder in folders)
    wrong = sum(len(verify_partition(folder)) for folder in folders)
    print(json.dumps([*left, marked, wrong]))
    number += 1
"""


def killed_everywhere(house: House, work: str, *given: str) -> list[list[int]]:
    """Return what each kill leaves: rows, archived ranges, marked partitions, problems."""
    url, lake = house.url("transformer"), str(house.settings.lake_dir)
    command = [sys.executable, "-W", "ignore", "-c", KILLED, work, url, lake, *given]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]
