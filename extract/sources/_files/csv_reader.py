"""CSV to chunks: pyarrow parses the plain lines, the csv module what is quoted across lines.

A record starts on its own line. A quoted field may hold line breaks as long as it closes within
100 lines and its record has the right number of fields; otherwise only the line it starts on is
refused and reading goes on with the next line, so one stray quote cannot swallow a file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from extract.sources._files.chunks import Chunk, Int64s, Reject
from extract.sources._files.csv_layout import Layout, begin, refuse
from extract.sources._files.entry import FileEntry
from extract.sources._files.text import Block, read_blocks

_MAX_RECORD_LINES: Final = 100
_QUOTE: Final = ord('"')
_NEWLINE: Final = ord("\n")
_RETURN: Final = ord("\r")


def read_csv(path: Path, entry: FileEntry) -> Iterator[Chunk]:
    """Read a csv file in chunks.

    Args:
        path: The file.
        entry: Its description.

    Raises:
        FileError: The file cannot be decoded or lacks a mapped column.
    """
    layout: Layout | None = None
    rest = Block(b"", 1)
    blocks = read_blocks(path, entry.encoding)
    block = next(blocks, None)
    while block is not None:
        following = next(blocks, None)
        if layout is None:
            block, layout = begin(block, entry)
        if layout is not None:
            if block.too_long:
                yield layout.chunk([], np.empty(0, np.int64), str, [_too_long(block)])
            elif block.data:
                lines = _Lines(block, is_last=following is None or following.too_long)
                yield lines.chunk(layout)
                rest = lines.rest()
        if following is not None and rest.data:
            following = Block(rest.data + following.data, rest.first_line)
            rest = Block(b"", 1)
        block = following


def _too_long(block: Block) -> Reject:
    reason = f"line {block.first_line} is longer than 16 MiB; expected one bar."
    return refuse(block.first_line, reason, block.data.decode("utf-8", "replace"))


class _Lines:
    """The physical lines of one block and what becomes of them."""

    def __init__(self, block: Block, *, is_last: bool) -> None:
        self.is_last = is_last
        self.plain = np.empty(0, dtype=np.int64)
        self.texts: dict[int, str] = {}
        self.data = block.data
        self.first = block.first_line
        self.buffer = buffer = np.frombuffer(self.data, dtype=np.uint8)
        breaks = np.flatnonzero(buffer == _NEWLINE).astype(np.int64)
        ends = breaks if self.data.endswith(b"\n") else np.append(breaks, len(self.data))
        self.starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)
        has_return = (ends > self.starts) & (buffer[np.maximum(ends, 1) - 1] == _RETURN)
        self.ends = ends - has_return
        self.quotes = np.flatnonzero(buffer == _QUOTE)
        self.kept = np.flatnonzero(self.ends > self.starts)
        self.read_to = len(self.starts)

    def record(self, row: int) -> str:
        """Text of the record of a row of the chunk."""
        return self.texts[row] if row >= len(self.plain) else self.line(int(self.plain[row]))

    def rest(self) -> Block:
        """The lines left for the next block: a record that goes on there."""
        if self.read_to == len(self.starts):
            return Block(b"", self.first)
        return Block(self.data[self.starts[self.read_to] :], self.first + self.read_to)

    def line(self, index: int) -> str:
        """Text of the line at an index of this block."""
        return self.data[self.starts[index] : self.ends[index]].decode("utf-8")

    def chunk(self, layout: Layout) -> Chunk:
        """Parse all lines; rows the csv module had to read come after the plain ones."""
        rejects: list[Reject] = []
        slow: list[tuple[int, list[str], str]] = []
        plain = self._take_open_quotes(layout, slow, rejects) if len(self.quotes) else self.kept
        plain = self._take_returns(plain, rejects)
        table, plain = self._parse(plain, layout, slow, rejects)
        self.plain = plain
        self.texts = {len(plain) + n: text for n, (_, _, text) in enumerate(slow)}
        tables = [table]
        if slow:
            values = [[row[place] for _, row, _ in slow] for place in layout.places]
            tables.append(pa.table(values, schema=layout.schema))
        lines = np.concatenate((plain, [index for index, _, _ in slow])).astype(np.int64)
        return layout.chunk(tables, lines + self.first, self.record, rejects)

    # pyarrow over the plain lines; what it refuses or miscounts goes to the csv module.
    def _parse(
        self,
        plain: Int64s,
        layout: Layout,
        slow: list[tuple[int, list[str], str]],
        rejects: list[Reject],
    ) -> tuple[pa.Table, Int64s]:
        refused: list[int] = []

        def skip(row: pa_csv.InvalidRow) -> str:
            refused.append(-1 if row.number is None else row.number - 1)
            return "skip"

        data = self.data if len(plain) == len(self.kept) else self._joined(plain)
        schema = layout.schema
        table = schema.empty_table()
        if len(plain):
            try:
                table = pa_csv.read_csv(
                    pa.BufferReader(data),
                    pa_csv.ReadOptions(
                        column_names=layout.names, use_threads=False, block_size=len(data) + 1
                    ),
                    pa_csv.ParseOptions(delimiter=layout.delimiter, invalid_row_handler=skip),
                    pa_csv.ConvertOptions(
                        include_columns=schema.names,
                        column_types=schema,
                        strings_can_be_null=False,
                    ),
                )
            except pa.ArrowInvalid:
                refused = [-1]
        counts = len(table) + len(refused) == len(plain) and min(refused, default=0) >= 0
        if not counts:
            table, refused = schema.empty_table(), list(range(len(plain)))
        good = np.delete(plain, refused)
        for index in plain[refused] if refused else ():
            self._read_slowly(int(index), self.line(int(index)), layout, slow, rejects)
        return table, good

    def _joined(self, plain: Int64s) -> bytes:
        pieces = (self.data[self.starts[i] : self.ends[i]] for i in plain)
        return b"\n".join(pieces) + b"\n"

    # One record through the csv module.
    def _read_slowly(
        self,
        index: int,
        record: str,
        layout: Layout,
        slow: list[tuple[int, list[str], str]],
        rejects: list[Reject],
    ) -> None:
        line = self.first + index
        if not record.strip():
            return
        try:
            fields = layout.fields(record)
        except csv.Error as error:
            rejects.append(refuse(line, f"line {line} cannot be read as csv: {error}.", record))
            return
        if len(fields) != layout.width:
            rejects.append(layout.wrong_width(line, len(fields), record))
        else:
            slow.append((index, fields, record))

    # A carriage return within a line would be a line end to pyarrow, so such lines are refused.
    def _take_returns(self, plain: Int64s, rejects: list[Reject]) -> Int64s:
        inner = np.flatnonzero(self.buffer == _RETURN)
        owners = np.searchsorted(self.starts, inner, side="right") - 1
        broken = np.intersect1d(owners[inner < self.ends[owners]], plain)
        for index in broken.tolist():
            line = self.first + index
            if not self.line(index).strip():
                continue
            reason = f"line {line} holds a carriage return within the line; expected one bar."
            rejects.append(refuse(line, reason, self.line(index)))
        return plain[~np.isin(plain, broken)] if len(broken) else plain

    # Lines with an odd number of quotes may open a field that closes lines later.
    def _take_open_quotes(
        self, layout: Layout, slow: list[tuple[int, list[str], str]], rejects: list[Reject]
    ) -> Int64s:
        counts = np.bincount(
            np.searchsorted(self.starts, self.quotes, side="right") - 1, minlength=len(self.starts)
        )
        taken: set[int] = set()
        for odd in np.flatnonzero(counts % 2):
            index = int(odd)
            if index in taken:
                continue
            end = self._end_of(index, layout)
            if end > len(self.starts):
                self.read_to = index
                break
            if end == index:
                reason = f"line {self.first + index} opens a quote that is not closed."
                rejects.append(refuse(self.first + index, reason, self.line(index)))
                taken.add(index)
                continue
            record = "\n".join(self.line(i) for i in range(index, end))
            self._read_slowly(index, record, layout, slow, rejects)
            taken.update(range(index, end))
        kept = self.kept[self.kept < self.read_to]
        return kept[~np.isin(kept, list(taken))] if taken else kept

    # Line after the record that starts here; the line itself when its quote never closes well,
    # and beyond the block when only the next block can tell.
    def _end_of(self, index: int, layout: Layout) -> int:
        text = ""
        for last in range(index, index + _MAX_RECORD_LINES):
            if last == len(self.starts):
                return index if self.is_last else last + 1
            text += self.line(last) + "\n"
            if last > index and text.count('"') % 2:
                continue
            try:
                fields = layout.fields(text)
            except csv.Error:
                if last > index:
                    return index
                continue
            return last + 1 if last == index or len(fields) == layout.width else index
        return index
