"""Lay bars out on the shelf of this machine, as far as they are not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final

import pyarrow as pa

from barhouse.api.pages import page_query, pages_of
from barhouse.api.reading import Reader
from barhouse.api.routing import LakeSource, fetched
from barhouse.api.shelved import versions_of
from barhouse.errors import BarhouseError
from barhouse.shelf import KINDS, Block, Kind, Shelf, write_block

#: Rows of one question are kept in memory: about two months of minutes of so many instruments.
_ASKED_AT_ONCE: Final = {"1m": 32, "1d": 512}
_TRIES: Final = 3


@dataclass
class Shelving:
    """What was done.

    Attributes:
        written: Files that were written.
        unchanged: Files that still held.
        removed: Files of periods without bars.
        rows: Bars that were read from the database or the lake.
        size: Bytes of all files.
    """

    written: int = 0
    unchanged: int = 0
    removed: int = 0
    rows: int = 0
    size: int = 0

    def __str__(self) -> str:
        """Tell it in one line."""
        return (
            f"{self.written} files written ({self.rows:,} bars read), {self.unchanged} unchanged, "
            f"{self.removed} removed; the shelf holds {self.size / 1e6:.1f} MB"
        )


def shelve(reader: Reader, lake: LakeSource, shelf: Shelf, tell: Callable[[str], None]) -> Shelving:
    """Write the files whose bars changed, and remove those that have none any more.

    Args:
        reader: The database.
        lake: For what the database has no more.
        shelf: Where.
        tell: Told a line for each file that is written.

    Raises:
        BarhouseError: A file cannot be written, or bars cannot be read; the files before it hold.
    """
    done = Shelving()
    for kind in KINDS:
        said = _versions(reader, kind, None, date.min, date.max)
        for period in shelf.periods(kind.name):
            if period not in said:
                with suppress(FileNotFoundError):
                    shelf.path_of(kind.name, period).unlink()
                done.removed += 1
        for period, versions in sorted(said.items()):
            block = shelf.block(kind.name, period)
            if block is not None and block.versions == versions and block.is_whole():
                done.unchanged += 1
            else:
                _lay_out(_Work(reader, lake, shelf, kind, period, done))
                tell(f"{kind.name} {period}: {len(versions)} instruments")
            done.size += shelf.path_of(kind.name, period).stat().st_size
    return done


@dataclass
class _Work:
    reader: Reader
    lake: LakeSource
    shelf: Shelf
    kind: Kind
    period: date
    done: Shelving


def _lay_out(work: _Work) -> None:
    path = work.shelf.path_of(work.kind.name, work.period)
    for _ in range(_TRIES):
        versions = _versions(work.reader, work.kind, None, work.period, work.period)
        wanted = versions.get(work.period, {})
        held = work.shelf.block(work.kind.name, work.period)
        pages = _pages(work, wanted, held)
        try:
            write_block(path, wanted, pages, work.kind.schema)
        except _ChangedError:
            continue
        except OSError as error:
            raise BarhouseError(
                f"{path} cannot be written ({error.strerror or error}); what lay there still "
                "does. Make room, or set BARHOUSE_STATE_DIR to a folder with more."
            ) from error
        work.done.written += 1
        return
    raise BarhouseError("Bars are being published; lay them out again after the build.")


class _ChangedError(Exception):
    """Bars changed while they were read."""


def _pages(work: _Work, wanted: Mapping[int, str], held: Block | None) -> Iterator[pa.RecordBatch]:
    # In the order of the instruments: what still holds as it lay there, the rest anew.
    at_once = _ASKED_AT_ONCE[work.kind.timeframe]
    numbers = list(wanted)
    for place in range(0, len(numbers), at_once):
        some = numbers[place : place + at_once]
        kept = {}
        for number in some:
            if held is not None and held.versions.get(number) == wanted[number]:
                page = held.page(number)
                if page is not None:
                    kept[number] = page.bars
        stale = [number for number in some if number not in kept]
        kept.update(zip(stale, _read(work, stale, wanted), strict=True))
        yield from (kept[number] for number in some)


def _read(work: _Work, stale: list[int], wanted: Mapping[int, str]) -> list[pa.RecordBatch]:
    if not stale:
        return []
    rows = fetched(page_query(work.kind, work.period, stale), work.reader, work.lake)
    now = _versions(work.reader, work.kind, stale, work.period, work.period)
    if now.get(work.period) != {number: wanted[number] for number in stale}:
        raise _ChangedError
    work.done.rows += rows.num_rows
    return list(pages_of(rows, work.kind, stale))


def _versions(
    reader: Reader, kind: Kind, instruments: list[int] | None, first: date, last: date
) -> dict[date, dict[int, str]]:
    said: dict[date, dict[int, str]] = {}
    for number, period, version in versions_of(reader, kind, instruments, first, last):
        said.setdefault(period, {})[number] = version
    return said
