"""Some rows of partitions, for whoever asks: verified, and of one state of the partition.

A data file is opened once, and what is read of it is read from what was opened: an export that puts
another into its place changes nothing of that. Its hash is compared with the manifest when a
process first sees the file; later only whether it is still the same file.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from barhouse.lake import files, steps
from barhouse.lake.datasets import Dataset
from barhouse.lake.errors import LakeError, reading
from barhouse.lake.listing import partition_folders
from barhouse.lake.manifest import Manifest
from barhouse.lake.partitions import Partition
from barhouse.lake.place import is_local

_LOOKS: Final = 3
_PAUSE_SECONDS: Final = 0.05
_READERS: Final = 4
_MOST_KNOWN: Final = 100_000


class OtherStateError(LakeError):
    """A partition is not what the database spoke of: both are to be asked again."""


@dataclass(frozen=True)
class Wanted:
    """Which rows.

    Attributes:
        symbols: All that the instruments ever had.
        columns: Names.
        keep: Which rows of them.
    """

    symbols: tuple[str, ...]
    columns: tuple[str, ...]
    keep: pc.Expression


class _Known:
    """Files whose hash was right."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: set[tuple[object, ...]] = set()

    def has(self, file: tuple[object, ...]) -> bool:
        with self._lock:
            return file in self._files

    def add(self, file: tuple[object, ...]) -> None:
        with self._lock:
            if len(self._files) >= _MOST_KNOWN:
                self._files.clear()
            self._files.add(file)


_known = _Known()


def verified_copies(
    lake_dir: Path, dataset: Dataset, first: date, last: date
) -> dict[Partition, Manifest]:
    """Return the manifests of partitions that say of which state of the database they are.

    Args:
        lake_dir: The lake.
        dataset: One cut by days or months.
        first: Day of the first row.
        last: Day of the last row.

    Returns:
        Those that are not archived; one that cannot be read is left out.
    """
    try:
        folders = {
            partition: folder
            for partition, folder in partition_folders(lake_dir / dataset.name).items()
            if isinstance(partition, Partition)
            if partition.start <= last and partition.end > first
        }
    except LakeError:
        return {}
    with ThreadPoolExecutor(_READERS) as readers:
        held = dict(zip(folders, readers.map(_readable, folders.values()), strict=True))
    return {
        partition: manifest
        for partition, manifest in held.items()
        if manifest and manifest.versions and manifest.archived_at is None
    }


def _readable(folder: Path) -> Manifest | None:
    try:
        return files.read_manifest(folder)
    except LakeError:
        return None


def rows_of(
    lake_dir: Path, dataset: Dataset, parts: Sequence[tuple[Partition, str | None]], wanted: Wanted
) -> pa.Table:
    """Return rows of partitions, in their order.

    Args:
        lake_dir: The lake.
        dataset: What is read.
        parts: Partitions, at least one, each with the hash its file must have; none for one that
            the database calls archived.
        wanted: Which rows.

    Raises:
        OtherStateError: The hash is another, or the partition is archived no more.
        LakeError: A partition is missing, damaged or cannot be read.
    """

    def one(part: tuple[Partition, str | None]) -> pa.Table:
        partition, sha256 = part
        try:
            return _rows(lake_dir / dataset.name / partition.name, sha256, wanted)
        except LakeError as error:
            if sha256 is None:
                raise
            # The database has these rows, too.
            raise OtherStateError(str(error)) from error

    with ThreadPoolExecutor(_READERS) as readers:
        return pa.concat_tables(readers.map(one, parts)).filter(wanted.keep)


def _rows(folder: Path, sha256: str | None, wanted: Wanted) -> pa.Table:
    said: str | None = None
    for look in range(_LOOKS):
        if look:
            time.sleep(_PAUSE_SECONDS)
        held = files.read_manifest(folder)
        if held is None:
            said = f"{folder} is not there"
            continue
        _refuse_other_state(folder, held, sha256)
        try:
            with reading(folder / files.DATA), steps.readable(folder / files.DATA) as file:
                said = _fault(folder / files.DATA, file, held)
                if said is None:
                    return _picked(file, folder, wanted)
        except FileNotFoundError:
            said = f"{folder / files.DATA} is not there"
    raise LakeError(f"{said}.")


def _refuse_other_state(folder: Path, held: Manifest, sha256: str | None) -> None:
    if sha256 is None and held.archived_at is None:
        raise OtherStateError(f"{folder} is not marked as archived any more.")
    if sha256 is not None and held.sha256 != sha256:
        raise OtherStateError(f"{folder} was written anew.")


def _fault(path: Path, file: BufferedReader, held: Manifest) -> str | None:
    seen = os.fstat(file.fileno())
    # Of a file that was fetched nothing tells it from another but its hash.
    name = (held.sha256, seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)
    if is_local(path) and _known.has(name):
        return None
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    if sha256 != held.sha256:
        return f"{path} is damaged: its hash is {sha256}; expected {held.sha256}"
    if is_local(path):
        _known.add(name)
    return None


def _picked(file: BufferedReader, folder: Path, wanted: Wanted) -> pa.Table:
    try:
        parquet = pq.ParquetFile(file, pre_buffer=False)
        columns = list(wanted.columns)
        if missing := sorted(set(columns) - set(parquet.schema_arrow.names)):
            raise LakeError(
                f"{folder} has no column {missing[0]}; it was written by another version of "
                "Barhouse, and that version can restore it."
            )
        groups = list(_groups(parquet.metadata, wanted.symbols))
        table = parquet.read_row_groups(groups, columns=columns, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise LakeError(f"{folder} cannot be read as Parquet: {str(error).rstrip('.')}.") from error
    # By symbol alone: that is quick, and leaves little for what looks at every column.
    is_wanted = pc.is_in(table["symbol"], pa.array(wanted.symbols, pa.string()))
    return table.replace_schema_metadata(None).filter(is_wanted)


def _groups(metadata: pq.FileMetaData, symbols: Iterable[str]) -> Iterable[int]:
    # Sorted by symbol: most groups hold other symbols.
    names = [symbol.encode() for symbol in symbols]
    place = metadata.schema.names.index("symbol")
    for number in range(metadata.num_row_groups):
        said: Any = metadata.row_group(number).column(place).statistics
        if said is not None and said.has_min_max:
            least, most = said.min.encode(), said.max.encode()
            if not any(least <= name <= most for name in names):
                continue
        yield number
