"""What the tests of the lake share (no tests here): rows, and a lake made without a database."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import FrameType
from typing import Any

import pyarrow as pa

from barhouse.lake import DATASETS, Manifest, Partition, files
from barhouse.lake.manifest import FORMAT, ColumnType
from barhouse.lake.parquet import write_parquet

MINUTES = next(dataset for dataset in DATASETS if dataset.name == "bars_1m")
DAY = Partition(MINUTES.grain, date(2018, 1, 20))
SCHEMA = pa.schema(
    [
        ("symbol", pa.string()),
        ("bar_start_at", pa.timestamp("us", tz="UTC")),
        ("close", pa.decimal128(38, 18)),
    ]
)


def rows(count: int, close: str = "1.000000000000000001") -> pa.Table:
    start = datetime(2018, 1, 20, tzinfo=UTC)
    return pa.Table.from_pydict(
        {
            "symbol": [f"S{number // 1000:05}" for number in range(count)],
            "bar_start_at": [start + timedelta(minutes=number % 1000) for number in range(count)],
            "close": [Decimal(close)] * count,
        },
        SCHEMA,
    )


def data_of(tmp_path: Path, table: pa.Table) -> bytes:
    path = tmp_path / "made.parquet"
    with path.open("w+b") as file:
        write_parquet(file, MINUTES, SCHEMA, table.to_batches())
    return path.read_bytes()


def put(lake_dir: Path, data: bytes, table: pa.Table, partition: Partition = DAY) -> Manifest:
    """Publish ready-made bytes as a partition."""
    with files.draft(lake_dir / MINUTES.name / partition.name) as draft:
        draft.file.write(data)
        sha256, size = draft.seal()
        times = table.column("bar_start_at")
        manifest = Manifest(
            format=FORMAT,
            dataset=MINUTES.name,
            partition=partition.name,
            basis=MINUTES.basis,
            rows=table.num_rows,
            bytes=size,
            sha256=sha256,
            time_column=MINUTES.time_column,
            time_min=times[0].as_py().isoformat(),
            time_max=times[-1].as_py().isoformat(),
            schema=tuple(ColumnType(field.name, str(field.type)) for field in SCHEMA),
            fingerprint=f"{table.num_rows}:{sha256[:8]}",
            git_sha=None,
            exported_at="2024-01-01T00:00:00+00:00",
        )
        draft.publish(manifest)
    return manifest


def killed_at_line(number: int, modules: Sequence[str], work: Callable[[], Any]) -> bool:
    """Do the work in a child process that is killed at its n-th line inside these modules.

    Returns:
        Whether the kill came before the work was done.
    """
    child = os.fork()
    if child == 0:
        left = number

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal left
            if not frame.f_code.co_filename.endswith(tuple(modules)):
                return None
            if event == "line":
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left -= 1
            return trace

        try:
            sys.settrace(trace)
            work()
            os._exit(0)
        finally:
            os._exit(9)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False
