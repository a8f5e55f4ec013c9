"""The layout of a csv file: which field of a record is which of our columns."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import pyarrow as pa

from extract.sources._files.chunks import Chunk, FileError, Int64s, Reject, shown
from extract.sources._files.entry import FileEntry
from extract.sources._files.text import Block


def refuse(line: int, reason: str, record: str) -> Reject:
    """A reject of a whole line."""
    return Reject(line=line, reason=reason, record=record)


class Layout:
    """Where our columns stand in a record of this file."""

    def __init__(self, entry: FileEntry, positions: dict[str, int], width: int) -> None:
        """Lay out a record.

        Args:
            entry: The file's description.
            positions: Our column name -> its place in a record, from 0.
            width: How many fields a record has.
        """
        self.delimiter = entry.delimiter
        self.positions = positions
        self.width = width
        self.names = [f"f{index}" for index in range(width)]
        #: The positions that matter, each once.
        self.places = sorted(set(positions.values()))
        self.schema = pa.schema([(self.names[place], pa.string()) for place in self.places])

    def fields(self, record: str) -> list[str]:
        """Split one record; raises csv.Error when that is impossible."""
        lines = (line + "\n" for line in record.rstrip("\n").split("\n"))
        rows = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
        return rows[0] if len(rows) == 1 else []

    def wrong_width(self, line: int, count: int, record: str) -> Reject:
        """The reject of a record with another number of fields."""
        reason = f"line {line} has {count:,} fields; expected {self.width}."
        return refuse(line, reason, record)

    def chunk(
        self,
        tables: Sequence[pa.Table],
        lines: Int64s,
        records: Callable[[int], str],
        rejects: Sequence[Reject],
    ) -> Chunk:
        """Name the columns of parsed tables."""
        table = pa.concat_tables([self.schema.empty_table(), *tables]).combine_chunks()
        columns = {
            ours: _one(table.column(self.names[place])) for ours, place in self.positions.items()
        }
        return Chunk(columns=columns, lines=lines, record=records, rejects=rejects)


def _one(column: pa.ChunkedArray) -> pa.StringArray:
    return column.chunk(0) if column.num_chunks == 1 else pa.array([], pa.string())


def begin(block: Block, entry: FileEntry) -> tuple[Block, Layout | None]:
    """Take the layout from the header line, or from the first record when there is none.

    Args:
        block: The first block, or the next one while all lines were blank.
        entry: The file's description.

    Returns:
        The block without its header, and the layout if there was a line to take it from.

    Raises:
        FileError: A mapped column is missing or the first line cannot be read.
    """
    data, line, start, end = block.data, block.first_line, 0, 0
    while end < len(data) and not data[start:end].strip():
        line += data[start:end].count(b"\n")
        start, end = end, data.find(b"\n", end) + 1 or len(data)
    if not data[start:end].strip():
        return Block(b"", line), None
    text = data[start:end].decode("utf-8", "replace").rstrip("\r\n")
    if "\r" in text:
        raise FileError(
            "The lines end in a carriage return alone; save the file with \\n or \\r\\n line ends."
        )
    try:
        header = next(csv.reader([text], delimiter=entry.delimiter))
    except csv.Error as error:
        raise FileError(f"Line {line} cannot be read as csv: {error}.") from error
    if not entry.header:
        return Block(data[start:], line, block.too_long), _by_position(entry, header, line)
    if block.too_long:
        raise FileError(f"The header on line {line} is longer than 16 MiB; is this a csv file?")
    return Block(data[end:], line + 1), _by_name(entry, header, line)


def _by_position(entry: FileEntry, first: list[str], line: int) -> Layout:
    positions = {ours: int(theirs) for ours, theirs in entry.columns.items()}
    ours, last = max(positions.items(), key=lambda item: item[1])
    if last >= len(first):
        raise FileError(
            f"Line {line} has {len(first)} fields, so there is no position {last} for {ours};"
            " positions count from 0, check columns and delimiter."
        )
    return Layout(entry, positions, len(first))


def _by_name(entry: FileEntry, header: list[str], line: int) -> Layout:
    positions = {}
    for ours, theirs in entry.columns.items():
        name = str(theirs)
        found = header.count(name)
        if found == 1:
            positions[ours] = header.index(name)
            continue
        if found:
            raise FileError(
                f"The header on line {line} names the column {shown(name)} {found} times; expected"
                " each mapped column once."
            )
        raise FileError(missing_column(name, ours, header, f"the header on line {line}"))
    return Layout(entry, positions, len(header))


def missing_column(name: str, ours: str, seen: Sequence[str], where: str) -> str:
    """The sentence for a mapped column the file does not have.

    Args:
        name: The column asked for, e.g. ``Close``.
        ours: Our name for it, e.g. ``close``.
        seen: The columns there are.
        where: Where they were seen, e.g. ``the header on line 1``.
    """
    near = get_close_matches(name.lower(), [other.lower() for other in seen], n=1)
    hint = next((f"; did you mean {shown(o)}?" for o in seen if near and o.lower() == near[0]), ".")
    listed = ", ".join(shown(other) for other in seen[:20])
    more = f" and {len(seen) - 20} more" if len(seen) > 20 else ""
    return f"There is no column {shown(name)} for {ours}; {where} has {listed}{more}{hint}"
