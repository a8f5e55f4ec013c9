"""One file as one request: read, judged, freed of repeats, and handed on in landing batches."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from extract.landing import SCHEMAS, TIMEFRAMES, Batch, conform, landing_table
from extract.providers import ExtractRequest
from extract.sources._files.chunks import MAX_RECORD, MAX_SEEN, Chunk, FileError, Reject, cut
from extract.sources._files.csv_reader import read_csv
from extract.sources._files.entry import EntryError, FileEntry, canonical_json, format_of
from extract.sources._files.json_reader import read_json, read_jsonl
from extract.sources._files.parquet_reader import read_parquet
from extract.sources._files.repeats import BarKeys, Repeats
from extract.sources._files.rows import ROW_SCHEMA, RowReader
from extract.sources._files.spool import Spool

_READERS: Final[Mapping[str, Callable[[Path, FileEntry], Iterator[Chunk]]]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
}
_BATCH_ROWS: Final = 100_000
_REJECT_SCHEMA: Final = pa.schema(
    [
        SCHEMAS["raw_rejects"].field(name)
        for name in ("source_row", "column_name", "seen_value", "reason", "record")
    ]
)


def read_bars(
    entry: FileEntry, path: Path, source: str, request: ExtractRequest
) -> Iterator[Batch]:
    """Read one file of bars as one request.

    The fingerprint is the SHA-256 of the content's SHA-256 and of the entry without its path, so a
    file is read again when either changes. A failed file gets ``failed:`` before its fingerprint:
    it never counts as landed and is tried again on the next run.

    Args:
        entry: How to read it.
        path: The file.
        source: Its name in the landed rows, e.g. ``bars/AAPL.csv``.
        request: The run.

    Yields:
        ``raw_bars`` and ``raw_rejects`` batches and last one ``requests`` row with the outcome
        ``rows``, ``empty`` or ``failed``; nothing when the file is already landed.

    Raises:
        EntryError: The entry has no format and the file name does not tell one.
    """
    entry = with_format(entry, path.name)
    run = _Run(entry, source, request)
    try:
        fingerprint = _fingerprint(entry, path)
    except OSError as error:
        nameless = hashlib.sha256(f"{source}\n{canonical_json(entry)}".encode()).hexdigest()
        reason = f"The file cannot be opened: {error.strerror or error}."
        yield run.outcome("failed", f"failed:{nameless}", reason)
        return
    if request.is_landed(fingerprint):
        return
    request.cache_dir.mkdir(parents=True, exist_ok=True)
    with (
        Spool(ROW_SCHEMA, request.cache_dir) as rows,
        Spool(_REJECT_SCHEMA, request.cache_dir) as rejects,
    ):
        try:
            found = _read(entry, path, request.fetched_at, rows, rejects)
        except FileError as error:
            yield run.outcome("failed", f"failed:{fingerprint}", str(error))
            return
        landed = rows.row_count
        if found.dropped is not None:
            landed -= int(found.dropped.sum())
        outcome, note = _verdict(landed, rejects, found)
        kept = f"failed:{fingerprint}" if outcome == "failed" else fingerprint
        request_id = run.request_id(kept)
        yield from run.bars(request_id, _kept(rows.tables(), found.dropped))
        yield from run.rejects(request_id, rejects.tables())
        yield run.outcome(outcome, kept, note, rejects.row_count)


def with_format(entry: FileEntry, name: str) -> FileEntry:
    """The entry with the format its file name tells, unless it names one.

    Args:
        entry: The entry.
        name: The file's name, e.g. ``bars.csv.gz``.

    Raises:
        EntryError: Neither tells the format, or the entry does not fit it.
    """
    if entry.format is not None:
        return entry
    told = format_of(name)
    if told is None:
        raise EntryError(
            "path",
            f"'{name}' does not tell its format; add format: csv, jsonl, json or parquet.",
        )
    return replace(entry, format=told)


def _fingerprint(entry: FileEntry, path: Path) -> str:
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(f"{content}\n{canonical_json(entry)}".encode()).hexdigest()


# Reads the whole file into the spools and tells which rows must not land.
def _read(
    entry: FileEntry, path: Path, fetched_at: datetime, rows: Spool, rejects: Spool
) -> Repeats:
    if not path.stat().st_size:
        return Repeats()
    keys, reader = BarKeys(), RowReader(entry, fetched_at)
    read = _READERS[str(entry.format)]
    for chunk in read(path, entry):
        table, refused = reader.read(chunk)
        rejects.add(_reject_table(refused))
        if len(table):
            rows.add(table)
            keys.add(table)
    found = keys.repeats(rows.tables())
    if found.conflicts:
        by_line = {conflict.line: conflict for conflict in found.conflicts}
        for chunk in read(path, entry):
            places = np.flatnonzero(np.isin(chunk.lines, list(by_line)))
            rejects.add(
                _reject_table(
                    [
                        Reject(
                            line=int(chunk.lines[place]),
                            reason=by_line[int(chunk.lines[place])].reason,
                            record=chunk.record(int(place)),
                            column=entry.described(entry.time_column),
                            seen=by_line[int(chunk.lines[place])].source_timestamp,
                        )
                        for place in places
                    ]
                )
            )
    return found


def _reject_table(rejects: Sequence[Reject]) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "source_row": reject.line,
                "column_name": reject.column,
                "seen_value": None if reject.seen is None else cut(reject.seen, MAX_SEEN),
                "reason": cut(reject.reason, MAX_RECORD),
                "record": cut(reject.record, MAX_RECORD),
            }
            for reject in rejects
        ],
        schema=_REJECT_SCHEMA,
    )


def _verdict(landed: int, rejects: Spool, found: Repeats) -> tuple[str, str | None]:
    if not landed and not rejects.row_count:
        return "empty", "The file holds no bars."
    if not landed:
        first = next(rejects.tables()).slice(0, 1).to_pylist()[0]
        count = rejects.row_count
        return "failed", (
            f"None of the {count:,} rows could be read; the first, at {first['source_row']}:"
            f" {first['reason']}"
        )
    notes = []
    if rejects.row_count:
        rows = "row was" if rejects.row_count == 1 else "rows were"
        notes.append(f"{rejects.row_count:,} {rows} rejected")
    if found.identical:
        repeats = "repeat" if found.identical == 1 else "repeats"
        notes.append(f"{found.identical:,} identical {repeats} left out")
    return "rows", f"{'; '.join(notes)}." if notes else None


def _kept(tables: Iterator[pa.Table], dropped: npt.NDArray[np.bool_] | None) -> Iterator[pa.Table]:
    offset = 0
    for table in tables:
        part = table
        if dropped is not None:
            part = table.filter(pa.array(~dropped[offset : offset + len(table)]))
        offset += len(table)
        for start in range(0, len(part), _BATCH_ROWS):
            yield part.slice(start, _BATCH_ROWS)


@dataclass
class _Run:
    """What every landed row of one file shares."""

    entry: FileEntry
    source: str
    request: ExtractRequest
    row_count: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def request_id(self, fingerprint: str) -> str:
        told = f"{fingerprint}\n{self.request.fetched_at.isoformat()}\n{self.source}"
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def bars(self, request_id: str, tables: Iterator[pa.Table]) -> Iterator[Batch]:
        entry = self.entry
        constants = {
            "provider": entry.provider,
            "asset_class": entry.asset_class,
            "exchange": entry.exchange,
            "feed": entry.feed,
            "currency": entry.currency,
            "timeframe": entry.timeframe,
            "volume_unit": entry.volume_unit,
            "price_basis": entry.basis,
            "session_scope": entry.session_scope,
            "is_final": entry.final,
            "request_id": request_id,
            "fetched_at": self.request.fetched_at,
        }
        for table in tables:
            self.row_count += len(table)
            span = pc.min_max(table.column("bar_start_at")).as_py()
            self.first = min(self.first or span["min"], span["min"])
            self.last = max(self.last or span["max"], span["max"])
            yield Batch("raw_bars", _completed("raw_bars", table, constants))

    def rejects(self, request_id: str, tables: Iterator[pa.Table]) -> Iterator[Batch]:
        constants = {
            "provider": self.entry.provider,
            "source": self.source,
            "request_id": request_id,
            "fetched_at": self.request.fetched_at,
        }
        for table in tables:
            yield Batch("raw_rejects", _completed("raw_rejects", table, constants))

    def outcome(
        self, outcome: str, fingerprint: str, reason: str | None, reject_count: int = 0
    ) -> Batch:
        end = self.last + TIMEFRAMES[self.entry.timeframe] if self.last else None
        row = {
            "request_id": self.request_id(fingerprint),
            "provider": self.entry.provider,
            "source": self.source,
            "fingerprint": fingerprint,
            "timeframe": self.entry.timeframe,
            "window_start_at": self.first,
            "window_end_at": end,
            "outcome": outcome,
            "row_count": self.row_count,
            "reject_count": reject_count,
            "reason": None if reason is None else cut(reason, MAX_RECORD),
            "requested_at": self.request.fetched_at,
        }
        return Batch("requests", landing_table("requests", [row]))


# Rows of the file with the constants of the run, in contract order.
def _completed(name: str, table: pa.Table, constants: Mapping[str, object]) -> pa.Table:
    schema = SCHEMAS[name]
    columns = [
        pa.repeat(pa.scalar(constants[field.name], field.type), len(table))
        if field.name in constants
        else table.column(field.name)
        for field in schema
    ]
    return conform(name, pa.Table.from_arrays(columns, schema=schema))  # type: ignore[arg-type]
