"""What becomes of published minutes: to the lake, compressed, out of the database, and back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from barhouse.errors import BarhouseError
from barhouse.exporting import export_lake, lay_out, restore_lake
from barhouse.lake import Dataset, export
from barhouse.lake.datasets import dataset_named
from barhouse.lake.retention import Chunk, drop_chunk
from barhouse.maintenance import maintain
from benchmarks.publishing import Stage
from benchmarks.table import BARHOUSE, Row, insist


@dataclass(frozen=True)
class Stored:
    """What :func:`store` measured.

    Attributes:
        rows: For the table.
        exported: Minutes to the lake.
        compressed_size: Bytes of a compressed minute, with indexes and toast.
    """

    rows: list[Row]
    exported: Row
    compressed_size: float


def store(stage: Stage) -> Stored:
    """Export everything, compress what is old, and lay it out for the API.

    Args:
        stage: Where everything is published.

    Raises:
        BarhouseError: The lake or the compressed table does not hold what was published.
    """
    right = stage.minutes_digest()
    count = right[0]
    lake, minutes = stage.settings.lake_dir, _minutes()

    began = time.perf_counter()
    report = export(
        stage.warehouse.url("analyst"),
        lake,
        exported_at=datetime.now(UTC),
        git_sha=None,
        datasets=[minutes],
    )
    taken = time.perf_counter() - began
    insist("minutes exported", report.rows_written, count)
    size = report.bytes_written / count
    exported = Row("export of the minutes", {BARHOUSE: taken}, count, {BARHOUSE: size})
    stage.tell(f"minutes exported in {taken:.1f} s")

    began = time.perf_counter()
    rest = export_lake(stage.settings, stage.warehouse)
    taken = time.perf_counter() - began
    others = Row("export of all else, the minutes compared", {BARHOUSE: taken}, rest.rows_written)
    stage.tell(f"the rest exported in {taken:.1f} s")

    began = time.perf_counter()
    done = maintain(stage.settings, stage.warehouse, lake)
    taken = time.perf_counter() - began
    ((open_chunks,),) = stage.query(
        "select count(*) from timescaledb_information.chunks"
        " where hypertable_schema = 'core' and hypertable_name = 'bars_1m' and not is_compressed"
    )
    insist("chunks left uncompressed", open_chunks, 0)
    insist("compressed core.bars_1m", stage.minutes_digest(), right)
    ((total,),) = stage.query("select hypertable_size('core.bars_1m')")
    what = f"compress {done.compressed} chunks"
    compressed = Row(what, {BARHOUSE: taken}, count, {BARHOUSE: total / count})
    stage.tell(f"compressed in {taken:.1f} s")
    rows = [exported, others, compressed, _laid_out(stage)]
    return Stored(rows, exported, total / count)


def _laid_out(stage: Stage) -> Row:
    began = time.perf_counter()
    done = lay_out(stage.settings, stage.warehouse, lambda _: None)
    taken = time.perf_counter() - began
    stage.tell(f"laid out in {taken:.1f} s: {done}")
    what = "lay out minutes, and days adjusted in three ways"
    return Row(what, {BARHOUSE: taken}, done.rows, {BARHOUSE: done.size / done.rows})


def archive(stage: Stage) -> Row:
    """Drop all minutes that the lake holds, as retention does; the lake alone has them then.

    Args:
        stage: Where everything is exported.

    Raises:
        BarhouseError: Some stay.
    """
    chunks = stage.query(
        "select range_start, range_end from timescaledb_information.chunks"
        " where hypertable_schema = 'core' and hypertable_name = 'bars_1m' order by 1"
    )
    count = stage.minutes_digest()[0]
    began = time.perf_counter()
    dropped = sum(
        drop_chunk(
            stage.warehouse.url("transformer"),
            stage.settings.lake_dir,
            Chunk(_minutes(), start, end),
        )
        for start, end in chunks
    )
    taken = time.perf_counter() - began
    insist("minutes dropped", dropped, count)
    stage.tell(f"{dropped:,} minutes proven and dropped in {taken:.1f} s")
    return Row("retention: prove and drop", {BARHOUSE: taken}, count)


def bring_back(stage: Stage) -> Row:
    """Restore what :func:`archive` dropped.

    Args:
        stage: Where it was dropped.

    Raises:
        BarhouseError: Not all came back.
    """
    began = time.perf_counter()
    restore_lake(stage.settings, stage.warehouse, [], archived=True)
    taken = time.perf_counter() - began
    right = stage.right_minutes(0, len(stage.market.minute_sessions))
    insist("core.bars_1m restored", stage.minutes_digest(), right)
    stage.tell(f"restored in {taken:.1f} s")
    return Row("restore of the minutes", {BARHOUSE: taken}, right[0])


def _minutes() -> Dataset:
    found = dataset_named("bars_1m")
    if found is None:
        raise BarhouseError("The lake has no dataset bars_1m.")
    return found
