"""One file of the shelf: written whole, mapped into memory, checked where it is first read."""

from __future__ import annotations

import json
import threading
import zlib
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from barhouse.lake import steps
from extract.settings import Settings

#: Raised when files would be read differently; older ones then count as missing.
FORMAT: Final = "1"
_SUFFIX: Final = ".arrow"


class Page(NamedTuple):
    """The bars of one instrument in one period, by time.

    Attributes:
        bars: ``time``, of minutes ``session_date`` too, and values.
        times: Of the bars: microseconds since 1970 UTC, of days days.
        days: Session days of minutes, days since 1970; none for days.
        values: By column; none where one is missing.
    """

    bars: pa.RecordBatch
    times: Any
    days: Any
    values: Mapping[str, Any]


def page_of(bars: pa.RecordBatch) -> Page:
    """Return bars as a page.

    Args:
        bars: Of one instrument, by time.
    """
    has_days = "session_date" in bars.schema.names
    days = _numbers(bars.column("session_date")) if has_days else None
    values = {
        name: None if column.null_count else _numbers(column)
        for name, column in zip(bars.schema.names, bars.columns, strict=True)
    }
    return Page(bars, values["time"], days, values)


class Block:
    """A file of the shelf, mapped into memory."""

    def __init__(self, path: Path) -> None:
        """Open a file.

        Args:
            path: Of the file.

        Raises:
            OSError: It cannot be opened.
            ValueError: It is none of the shelf's, or cut off.
        """
        self._reader = pa.ipc.open_file(pa.memory_map(str(path)))
        told = self._reader.schema.metadata or {}
        if told.get(b"format") != FORMAT.encode():
            raise ValueError(f"{path} is of another format.")
        index = json.loads(told[b"index"])
        if len(index) != self._reader.num_record_batches:
            raise ValueError(f"{path} is cut off.")
        #: Of each instrument the version of what its bars were read from.
        self.versions: Mapping[int, str] = dict(index)
        self._places = {number: place for place, (number, _) in enumerate(index)}
        self._pages: dict[int, Page | None] = {}

    def page(self, instrument_id: int) -> Page | None:
        """Return the bars of an instrument; none where they are not what was written.

        Args:
            instrument_id: One of ``versions``.
        """
        if instrument_id not in self._pages:
            self._pages[instrument_id] = self._read(self._places[instrument_id])
        return self._pages[instrument_id]

    def is_whole(self) -> bool:
        """Read everything, and tell whether it is what was written."""
        return all(self.page(number) is not None for number in self.versions)

    def _read(self, place: int) -> Page | None:
        try:
            bars, told = self._reader.get_batch_with_custom_metadata(place)
            if told is None or told.get(b"checksum") != _checksum(bars):
                return None
        except (OSError, ValueError, LookupError):
            return None
        return page_of(bars.replace_schema_metadata(None))


class Shelf:
    """The files of the shelf that a process has opened."""

    def __init__(self, folder: Path) -> None:
        """Open nothing yet.

        Args:
            folder: May be missing.
        """
        self.folder = folder
        self._lock = threading.Lock()
        self._open: dict[tuple[str, date], tuple[object, Block | None]] = {}

    def is_there(self) -> bool:
        """Whether anything was ever laid out."""
        return bool(self._open) or self.folder.is_dir()

    def path_of(self, kind: str, period: date) -> Path:
        """Return where the bars of a period lie.

        Args:
            kind: Name of a kind.
            period: Its first day.
        """
        return self.folder / kind / f"{period.isoformat()}{_SUFFIX}"

    def block(self, kind: str, period: date) -> Block | None:
        """Return the bars of a period as they lie there now; none where there is no good file.

        Args:
            kind: Name of a kind.
            period: Its first day.
        """
        path = self.path_of(kind, period)
        try:
            seen = path.stat()
        except OSError:
            return None
        name = (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
        known = self._open.get((kind, period))
        if known is None or known[0] != name:
            with self._lock:
                known = self._open[kind, period] = (name, _opened(path))
        return known[1]

    def page(self, kind: str, period: date, instrument_id: int, version: str) -> Page | None:
        """Return the bars of an instrument in a period; none where they do not lie there.

        Args:
            kind: Name of a kind.
            period: Its first day.
            instrument_id: Whose.
            version: What they must have been read from.
        """
        known = self._open.get((kind, period))
        block = known[1] if known else None
        # What is open holds as long as the version does, whatever lies there by now.
        if block is None or block.versions.get(instrument_id) != version:
            block = self.block(kind, period)
            if block is None or block.versions.get(instrument_id) != version:
                return None
        return block.page(instrument_id)

    def periods(self, kind: str) -> list[date]:
        """Return the periods of which there are files.

        Args:
            kind: Name of a kind.
        """
        found = sorted((self.folder / kind).glob(f"*{_SUFFIX}"))
        return [date.fromisoformat(path.name.removesuffix(_SUFFIX)) for path in found]


def shelf_of(settings: Settings) -> Shelf:
    """Return the shelf of this machine.

    Args:
        settings: The project.
    """
    return Shelf(settings.state_dir / "shelf")


def write_block(
    path: Path, versions: Mapping[int, str], pages: Iterable[pa.RecordBatch], schema: pa.Schema
) -> int:
    """Write a file; whatever fails, the one that was there stays.

    Args:
        path: Where; its folder is made.
        versions: Of each instrument.
        pages: Bars of each, in the same order.
        schema: Of them.

    Returns:
        Its bytes.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"format": FORMAT, "index": json.dumps(list(versions.items()))}
    draft = steps.temporary_path(path)
    try:
        with (
            pa.OSFile(str(draft), "wb") as file,
            pa.ipc.new_file(file, schema.with_metadata(told)) as writer,
        ):
            for bars in pages:
                plain = bars.replace_schema_metadata(told)
                writer.write_batch(plain, custom_metadata={"checksum": _checksum(plain)})
        steps.sync_file(draft)
        size = draft.stat().st_size
        steps.rename(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return size


def _opened(path: Path) -> Block | None:
    try:
        return Block(path)
    except (OSError, ValueError, LookupError):
        return None


def _checksum(bars: pa.RecordBatch) -> bytes:
    found = zlib.crc32(str(bars.schema.remove_metadata()).encode(), bars.num_rows)
    for column in bars.columns:
        found = zlib.crc32(_numbers(column).data, found + column.null_count)
        found = zlib.crc32(column.is_valid().to_numpy(zero_copy_only=False).data, found)
    return b"%d" % found


def _numbers(column: pa.Array) -> Any:
    # What lies in memory, without a copy: doubles, or the integers of times.
    width = column.type.bit_width // 8
    values = column.buffers()[1]
    kind = np.float64 if pa.types.is_floating(column.type) else f"i{width}"
    if values is None or not len(column):
        return np.empty(0, kind)
    return np.frombuffer(values, kind, len(column), column.offset * width)
