"""What the tests of the files provider share (no tests here): entries, runs, what they landed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from extract.landing import Batch
from extract.providers import ExtractRequest
from extract.sources._files import FileEntry, read_bars

FETCHED_AT = datetime(2024, 6, 30, 12, tzinfo=UTC)
HEADER = "time,open,high,low,close,volume\n"
COLUMNS = {name: name for name in ("time", "open", "high", "low", "close", "volume")}
POSITIONS = {name: place for place, name in enumerate(COLUMNS)}


@dataclass
class Landed:
    """Everything one run yielded, as plain records."""

    bars: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    @property
    def request(self) -> dict[str, Any]:
        """The only requests row."""
        assert len(self.requests) == 1
        return self.requests[0]

    @property
    def reject(self) -> dict[str, Any]:
        """The only reject."""
        assert len(self.rejects) == 1, self.rejects
        return self.rejects[0]


def collect(batches: Iterable[Batch]) -> Landed:
    landed = Landed()
    into = {"raw_bars": landed.bars, "raw_rejects": landed.rejects, "requests": landed.requests}
    for batch in batches:
        landed.batches.append(batch)
        into[batch.table].extend(batch.rows.to_pylist())
    return landed


def request(
    tmp_path: Path, is_landed: Callable[[str], bool] = lambda _: False, **options: object
) -> ExtractRequest:
    return ExtractRequest(FETCHED_AT, is_landed, tmp_path / "cache", options)


def entry(**changes: object) -> FileEntry:
    keys: dict[str, Any] = {
        "path": "bars.csv",
        "columns": COLUMNS,
        "symbol": "AAPL",
        "timeframe": "1m",
        "basis": "raw",
        "asset_class": "equity",
        "exchange": "XNAS",
        "currency": "USD",
        "session_scope": "regular",
        "timezone": "UTC",
    }
    return FileEntry(**(keys | changes))


def read(tmp_path: Path, content: str | bytes, name: str = "bars.csv", **changes: object) -> Landed:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return collect(read_bars(entry(**changes), path, name, request(tmp_path)))
