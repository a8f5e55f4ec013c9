"""JSON lines, and files that are one JSON array, to chunks; numbers keep the digits of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from extract.sources._files.chunks import Chunk, FileError, Reject, shown
from extract.sources._files.entry import FileEntry
from extract.sources._files.numbers import rounded_float
from extract.sources._files.text import read_blocks, read_text

_ROWS: Final = 50_000
_PLAIN_FLOAT: Final = 20
_BLANKS: Final = re.compile(r"[ \t\r\n]*")


# A JSON float usually comes from a binary one, so digits beyond 18 decimals are its noise.
def _float(text: str) -> str:
    return text if len(text) < _PLAIN_FLOAT and "e" not in text.lower() else rounded_float(text)


_DECODER: Final = json.JSONDecoder(parse_float=_float, parse_int=str, parse_constant=str)


class _Rows:
    """Collects the rows of one chunk."""

    def __init__(self, entry: FileEntry, unit: str) -> None:
        self.entry = entry
        self.unit = unit
        self.pick = _picker(entry)
        self.values: list[list[Any]] = []
        self.lines: list[int] = []
        self.records: list[str] = []
        self.rejects: list[Reject] = []

    def add(self, number: int, row: object, record: str) -> None:
        """Take one decoded row."""
        try:
            self.values.append(self.pick(row))
        except IndexError:
            self.refuse(number, f"has too few values; expected {self.width}.", record)
        except TypeError:
            wanted = "an array" if self._by_position else "an object"
            self.refuse(number, f"is {_kind(row)}; expected {wanted}.", record)
        else:
            self.lines.append(number)
            self.records.append(record)

    def refuse(self, number: int, what: str, record: str) -> None:
        """Note a row that cannot be read."""
        self.rejects.append(
            Reject(line=number, reason=f"{self.unit} {number} {what}", record=record)
        )

    @property
    def full(self) -> bool:
        """Whether it is time to hand the rows on."""
        return len(self.lines) + len(self.rejects) >= _ROWS

    @property
    def width(self) -> str:
        """How many values a row by position must have."""
        return f"at least {max(int(theirs) for theirs in self.entry.columns.values()) + 1}"

    @property
    def _by_position(self) -> bool:
        return any(isinstance(theirs, int) for theirs in self.entry.columns.values())

    def take(self) -> Chunk:
        """The chunk so far; starts a new one."""
        columns = {
            ours: _texts([row[place] for row in self.values])
            for place, ours in enumerate(self.entry.columns)
        }
        chunk = Chunk(
            columns=columns,
            lines=np.array(self.lines, dtype=np.int64),
            record=self.records.__getitem__,
            rejects=self.rejects,
        )
        self.values, self.lines, self.records, self.rejects = [], [], [], []
        return chunk


def _picker(entry: FileEntry) -> Callable[[Any], list[Any]]:
    keys = list(entry.columns.values())
    positions = [key for key in keys if isinstance(key, int)]
    if positions:

        def by_position(row: object) -> list[Any]:
            if not isinstance(row, list):
                raise TypeError
            return [row[place] for place in positions]

        return by_position

    def by_name(row: object) -> list[Any]:
        if not isinstance(row, dict):
            raise TypeError
        return [row.get(key) for key in keys]

    return by_name


def _kind(row: object) -> str:
    if isinstance(row, dict):
        return "an object"
    return "an array" if isinstance(row, list) else f"the value {shown(str(row))}"


# Strings and numbers as they stand, null as missing, anything else as its JSON text.
def _texts(values: list[Any]) -> pa.StringArray:
    texts = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        clean = [t and t.encode("utf-8", "backslashreplace").decode("utf-8") for t in texts]
        return pa.array(clean, pa.string())


def read_jsonl(path: Path, entry: FileEntry) -> Iterator[Chunk]:
    """Read a file with one JSON object or array per line.

    Args:
        path: The file.
        entry: Its description.

    Raises:
        FileError: The file cannot be decoded.
    """
    rows = _Rows(entry, "line")
    for block in read_blocks(path, entry.encoding):
        if block.too_long:
            text = block.data.decode("utf-8", "replace")
            rows.refuse(block.first_line, "is longer than 16 MiB; expected one bar.", text)
            continue
        lines = block.data.decode("utf-8").split("\n")
        for number, line in enumerate(lines, start=block.first_line):
            text = line.strip()
            if not text:
                continue
            try:
                row = _DECODER.decode(text)
            except json.JSONDecodeError as error:
                rows.refuse(number, f"is not JSON: {error.msg} at character {error.pos + 1}.", text)
            except RecursionError:
                rows.refuse(number, "is nested too deeply; expected one bar.", text)
            else:
                rows.add(number, row, text)
            if rows.full:
                yield rows.take()
    yield rows.take()


def read_json(path: Path, entry: FileEntry) -> Iterator[Chunk]:
    """Read a file that is one JSON array of arrays or objects, element by element.

    Args:
        path: The file.
        entry: Its description.

    Raises:
        FileError: The file cannot be decoded or is not one JSON array.
    """
    rows = _Rows(entry, "element")
    for number, row, record in _elements(read_text(path, entry.encoding)):
        rows.add(number, row, record)
        if rows.full:
            yield rows.take()
    yield rows.take()


def _elements(text: str) -> Iterator[tuple[int, object, str]]:
    position = _skip(text, 0)
    if position == len(text):
        return
    if text[position] != "[":
        raise FileError(
            f"The file begins with {shown(text[position:][:20])}; expected a JSON array."
        )
    position, number = _skip(text, position + 1), 0
    if text[position : position + 1] == "]":
        return _at_end(text, position)
    while True:
        number += 1
        try:
            row, end = _DECODER.raw_decode(text, position)
        except json.JSONDecodeError as error:
            raise _not_json(text, error.pos, f"{error.msg}, in element {number}") from error
        except RecursionError as error:
            raise _not_json(text, position, f"element {number} is nested too deeply") from error
        yield number, row, text[position:end]
        position = _skip(text, end)
        mark = text[position : position + 1]
        if mark == "]":
            return _at_end(text, position)
        if mark != ",":
            raise _not_json(text, position, f"expected ',' or ']' after element {number}")
        position = _skip(text, position + 1)


def _at_end(text: str, position: int) -> None:
    end = _skip(text, position + 1)
    if end < len(text):
        raise _not_json(text, end, "expected nothing after the array")


def _skip(text: str, position: int) -> int:
    found = _BLANKS.match(text, position)
    return found.end() if found else position


def _not_json(text: str, position: int, what: str) -> FileError:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return FileError(f"The file is not JSON at line {line}, character {column}: {what}.")
