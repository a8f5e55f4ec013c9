"""Text files as blocks of whole lines in UTF-8, whatever they are packed or encoded in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from extract.sources._files.chunks import FileError, shown

_BLOCK: Final = 4 << 20
_MAX_LINE: Final = 16 << 20
_KEPT_OF_LONG_LINE: Final = 8_192
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        data: The lines as UTF-8, without the byte order mark.
        first_line: Physical number of the first line, from 1.
        too_long: Set when the block is the beginning of one line that is too long to read.
    """

    data: bytes
    first_line: int
    too_long: bool = False


def read_blocks(path: Path, encoding: str) -> Iterator[Block]:
    """Read a text file in blocks of whole lines.

    Args:
        path: The file; ``.gz``, ``.zst`` and ``.bz2`` are unpacked.
        encoding: A Python codec, e.g. ``utf-8``.

    Yields:
        Blocks of about 4 MiB; a line over 16 MiB comes as a block of its own, cut.

    Raises:
        FileError: The file cannot be opened, unpacked or decoded.
    """
    held = bytearray()
    line = 1
    skipping = False
    for piece in _decoded(path, encoding):
        data = piece
        if skipping:
            end = data.find(b"\n")
            if end < 0:
                continue
            data = data[end + 1 :]
            skipping = False
            line += 1
        end = data.rfind(b"\n")
        if end >= 0:
            held += data[: end + 1]
            yield Block(bytes(held), line)
            line += held.count(b"\n")
            held = bytearray(data[end + 1 :])
        else:
            held += data
        if len(held) > _MAX_LINE:
            yield Block(bytes(held[:_KEPT_OF_LONG_LINE]), line, too_long=True)
            held = bytearray()
            skipping = True
    if held:
        yield Block(bytes(held), line)


def read_text(path: Path, encoding: str) -> str:
    """Read a whole text file; arguments and errors are those of :func:`read_blocks`."""
    return b"".join(_decoded(path, encoding)).decode("utf-8")


# Raw bytes, unpacked, checked and as UTF-8 without the mark.
def _decoded(path: Path, encoding: str) -> Iterator[bytes]:
    is_utf8 = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    at_start = True
    lines = 1
    for raw in _unpacked(path):
        try:
            text = decoder.decode(raw)
        except UnicodeError as error:
            raise _wrong_encoding(encoding, lines, error) from error
        data = raw if is_utf8 else text.encode("utf-8", "backslashreplace")
        if at_start and data.startswith(_BOM):
            data = data[len(_BOM) :]
        at_start = False
        lines += data.count(b"\n")
        if data:
            yield data
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise _wrong_encoding(encoding, lines, error) from error


def _wrong_encoding(encoding: str, lines: int, error: UnicodeError) -> FileError:
    seen, line = "a byte", lines
    if isinstance(error, UnicodeDecodeError):
        line += bytes(error.object[: error.start]).count(b"\n")
        seen = f"the byte 0x{error.object[error.start]:02x}"
    return FileError(
        f"The file is not {encoding}: {seen} on line {line} cannot be decoded; set encoding to what"
        " the file is written in, e.g. cp1252 or utf-16."
    )


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            while data := stream.read(_BLOCK):
                yield data
    except (OSError, pa.ArrowInvalid) as error:
        raise FileError(
            f"The file cannot be opened or unpacked: {shown(str(error).splitlines()[0])[1:-1]}."
        ) from error
