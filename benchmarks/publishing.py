"""From landed rows to published ones: loads, single sessions, nothing new; COPY beside them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import psycopg

from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from benchmarks.copying import PLAIN, copy_in, copy_out
from benchmarks.generator import DAY, Market, digest, total
from benchmarks.landing import land_days, land_minutes, load_of
from benchmarks.peers import Peers
from benchmarks.table import BARHOUSE, Row, insist
from extract.settings import Settings, child_environment

_DIGEST: Final = """
select
    count(*), (sum(open) * 100)::bigint, (sum(high) * 100)::bigint, (sum(low) * 100)::bigint,
    (sum(close) * 100)::bigint, sum(volume)::bigint
from {table}
"""
#: What core is stored in, and how many rows were written to each table of it.
_WRITTEN: Final = """
select
    pg_class.oid::bigint,
    relfilenode::bigint,
    pg_stat_get_tuples_inserted(pg_class.oid) + pg_stat_get_tuples_updated(pg_class.oid)
    + pg_stat_get_tuples_deleted(pg_class.oid)
from pg_class
where
    relkind = 'r'
    and (
        relnamespace = 'core'::regnamespace
        or (
            relnamespace = '_timescaledb_internal'::regnamespace
            and relname ~ '^(_hyper_|_compressed|compress_hyper_)'
        )
    )
order by 1
"""


@dataclass(frozen=True)
class Stage:
    """Where a run happens.

    Attributes:
        settings: The project, with a lake of the run's own.
        warehouse: The database, bootstrapped, without bars.
        market: The bars.
        peers: Who stands beside.
        folder: For files that are thrown away.
        build: Does what `barhouse build` does, or runs it.
        tell: Told a line for each step.
    """

    settings: Settings
    warehouse: Warehouse
    market: Market
    peers: Peers
    folder: Path
    build: Callable[[], object]
    tell: Callable[[str], None]

    def query(self, sql: str, *given: object) -> list[tuple[Any, ...]]:
        """Return the rows of a statement of an administrator."""
        with psycopg.connect(self.warehouse.url(), autocommit=True) as connection:
            return connection.execute(sql.encode(), given or None).fetchall()

    def execute(self, *statements: str) -> None:
        """Run statements of an administrator."""
        with psycopg.connect(self.warehouse.url(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def minutes_digest(self, table: str = "core.bars_1m") -> list[int]:
        """Return the digest of a table of minutes."""
        return list(self.query(_DIGEST.format(table=table))[0])

    def right_minutes(self, first: int, end: int) -> list[int]:
        """Return the digest of all minutes of some sessions."""
        sessions = self.market.minute_sessions[first:end]
        span = sessions[0].midnight, sessions[-1].midnight + DAY
        return total(
            [
                digest(self.market.minutes(number).between(*span).columns(), units=1)
                for number in range(self.market.scale.symbols)
            ]
        )


@dataclass(frozen=True)
class Published:
    """What :func:`publish` measured.

    Attributes:
        rows: For the table.
        load: The big load, beside ``COPY``.
        days: Seconds for one more session: with little history, with all of it.
        nothing: Seconds of a build with nothing new.
        core_rows: Rows that it wrote to core.
    """

    rows: list[Row]
    load: Row
    days: tuple[float, float]
    nothing: float
    core_rows: int


def publish(stage: Stage) -> Published:
    """Land and publish everything, in five steps.

    Args:
        stage: Where.

    Raises:
        BarhouseError: A build fails, or what it published is not what was generated.
    """
    scale, end = stage.market.scale, len(stage.market.minute_sessions)
    first_rows = land_days(stage.warehouse, stage.market)
    first_rows += land_minutes(stage.warehouse, stage.market, 0, scale.history)
    first = Row("first build: days, and few minutes", {BARHOUSE: _build(stage)}, first_rows)
    small = _sessions(stage, scale.history, scale.history + scale.repeats)

    began = scale.history + scale.repeats
    load = _load(stage, began, end - scale.repeats)
    write = _peers_write(stage)
    large = _sessions(stage, end - scale.repeats, end, peers=stage.peers.names)
    insist("core.bars_1m", stage.minutes_digest(), stage.right_minutes(0, end))
    insist("quality.quarantine", stage.query("select count(*) from quality.quarantine"), [(0,)])

    nothing, core_rows, wal_bytes = _nothing(stage)
    build = Row(f"build with nothing new (WAL {wal_bytes / 1e6:,.1f} MB)", {BARHOUSE: nothing})
    rows = [first, small, load, *([write] if write.rows else []), large, build]
    return Published(rows, load, (small.ours, large.ours), nothing, core_rows)


def run_build(settings: Settings, warehouse: Warehouse) -> None:
    """Run `barhouse build` as a user does, as a program.

    Args:
        settings: The project.
        warehouse: The database.

    Raises:
        BarhouseError: It fails; the message ends with what it said last.
    """
    environment = {
        "BARHOUSE_HOME": str(settings.project_dir),
        "BARHOUSE_STATE_DIR": str(settings.state_dir),
        "BARHOUSE_LAKE_DIR": str(settings.lake_dir),
        "BARHOUSE_DATABASE_URL": warehouse.url(),
    }
    done = subprocess.run(
        [str(Path(sys.executable).with_name("barhouse")), "build"],
        env=child_environment(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BarhouseError(f"barhouse build failed: {' '.join(done.stdout.split())[-600:]}")


def _build(stage: Stage) -> float:
    stage.execute("checkpoint")
    began = time.perf_counter()
    stage.build()
    taken = time.perf_counter() - began
    stage.tell(f"built in {taken:.1f} s")
    return taken


def _load(stage: Stage, first: int, end: int) -> Row:
    count = land_minutes(stage.warehouse, stage.market, first, end)
    stage.tell(f"{count:,} minutes landed")
    taken = _build(stage)
    insist("core.bars_1m", stage.minutes_digest(), stage.right_minutes(0, end))
    seconds = {BARHOUSE: taken, "COPY": _copy(stage, first, end)}
    size = stage.query("select hypertable_size('core.bars_1m')")[0][0]
    total_rows = stage.minutes_digest()[0]
    return Row("load: landed to aggregates", seconds, count, {BARHOUSE: size / total_rows})


def _copy(stage: Stage, first: int, end: int) -> float:
    path = stage.folder / "bars"
    with psycopg.connect(stage.warehouse.url(), autocommit=True) as connection:
        copy_out(connection, path, f"load_id = '{load_of(first, end)}'")
        taken = copy_in(connection, path)
    insist("COPY", stage.minutes_digest(PLAIN), stage.right_minutes(first, end))
    stage.execute(f"drop table {PLAIN}")
    path.unlink()
    stage.tell(f"copied in {taken:.1f} s")
    return taken


def _sessions(stage: Stage, first: int, end: int, *, peers: Sequence[str] = ()) -> Row:
    history = stage.minutes_digest()[0]
    taken: dict[str, list[float]] = {BARHOUSE: []}
    rows = 0
    for place in range(first, end):
        rows = land_minutes(stage.warehouse, stage.market, place, place + 1)
        taken[BARHOUSE].append(_build(stage))
        for peer in peers:
            said = stage.peers.tell(peer, write="minutes", first=place, end=place + 1)
            taken.setdefault(peer, []).append(said["seconds"])
    seconds = {name: median(found) for name, found in taken.items()}
    return Row(f"one more session on {history:,} minutes", seconds, rows)


def _nothing(stage: Stage) -> tuple[float, int, int]:
    # Statistics of a session are there when it has ended, so what built last is in them.
    before, lsn = _written(stage), stage.query("select pg_current_wal_lsn()::text")[0][0]
    taken = _build(stage)
    ((wal,),) = stage.query("select pg_wal_lsn_diff(pg_current_wal_lsn(), %s::pg_lsn)::bigint", lsn)
    after = _written(stage)
    kept = {oid for oid in before if oid in after and after[oid][0] == before[oid][0]}
    rows = sum(written - before[oid][1] for oid, (_, written) in after.items() if oid in kept)
    # A table that is new or stored anew was written as a whole.
    rows += sum(written for oid, (_, written) in after.items() if oid not in kept)
    return taken, rows, wal


def _written(stage: Stage) -> dict[int, tuple[int, int]]:
    return {oid: (node, count) for oid, node, count in stage.query(_WRITTEN)}


def _peers_write(stage: Stage) -> Row:
    end, seconds, sizes = len(stage.market.year_sessions), {}, {}
    count = 0
    for peer in stage.peers.names:
        stage.peers.tell(peer, write="days")
        said = stage.peers.tell(peer, write="minutes", first=0, end=end)
        count, seconds[peer] = said["rows"], said["seconds"]
        sizes[peer] = said["bytes"] / said["rows"]
        stage.tell(f"{peer} wrote the minutes in {said['seconds']:.1f} s")
    return Row("minutes written by the peers", seconds, count, sizes)
