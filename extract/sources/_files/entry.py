"""One described file: the keys of the YAML, their defaults and what makes an entry wrong."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Final
from zoneinfo import ZoneInfo

from extract.landing import (
    ASSET_CLASSES,
    PRICE_BASES,
    SESSION_SCOPES,
    TIMEFRAMES,
    VOLUME_UNITS,
    symbol_problem,
)
from extract.providers import MisconfiguredError

FORMATS: Final = ("csv", "jsonl", "json", "parquet")
PRICES: Final = ("open", "high", "low", "close")
OPTIONAL: Final = ("symbol", "vwap", "trade_count", "adjusted_close")
COLUMNS: Final = ("time", "date", *PRICES, "volume", *OPTIONAL)
_NAMED_TIME_FORMATS: Final = ("iso", "epoch_s", "epoch_ms")
_SUFFIXES: Final[Mapping[str, str]] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PACKED: Final = (".gz", ".zst", ".bz2")


class EntryError(MisconfiguredError):
    """A wrong entry.

    Attributes:
        key: The YAML key at fault, e.g. ``timezone`` or ``columns.open``.
    """

    def __init__(self, key: str, sentence: str) -> None:
        """Keep the key beside the sentence."""
        super().__init__(sentence)
        self.key = key


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """How to read one kind of file; ``docs/files.md`` explains every key.

    Attributes:
        path: Path or glob as configured; a label once the file is chosen.
        columns: Our column name -> the file's column name, or its position from 0.
        symbol: The symbol of every row, or ``column`` when ``columns`` maps ``symbol``.
        timeframe: One of ``landing.TIMEFRAMES``.
        basis: Price basis, ``raw``, ``split`` or ``none``.
        asset_class: One of ``landing.ASSET_CLASSES``.
        exchange: MIC, ``CRYPTO`` or ``FX``.
        currency: What prices are quoted in, e.g. ``USD``.
        session_scope: One of ``landing.SESSION_SCOPES``.
        format: ``csv``, ``jsonl``, ``json``, ``parquet``, or ``None`` to go by the suffix.
        encoding: Python codec of text files; a byte order mark is accepted.
        delimiter: One character between csv fields.
        header: Whether a csv names its columns in its first line.
        time_format: ``iso``, ``epoch_s``, ``epoch_ms`` or a strptime format.
        timezone: IANA zone of naive times and of daily sessions.
        ambiguous: What a local time that happens twice means: ``reject``, ``earlier``, ``later``.
        label: Whether a time names the bar's ``start`` or its ``end``.
        feed: The feed name that lands, e.g. ``file``.
        volume_unit: One of ``landing.VOLUME_UNITS``.
        final: Whether the bars are closed for good.
        provider: The provider name that lands; not a YAML key.
    """

    path: str
    columns: Mapping[str, str | int]
    symbol: str
    timeframe: str
    basis: str
    asset_class: str
    exchange: str
    currency: str
    session_scope: str
    format: str | None = None
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    time_format: str = "iso"
    timezone: str | None = None
    ambiguous: str = "reject"
    label: str = "start"
    feed: str = "file"
    volume_unit: str = "unknown"
    final: bool = True
    provider: str = "files"

    def __post_init__(self) -> None:
        """Refuse a wrong entry.

        Raises:
            EntryError: The first key that is wrong.
        """
        for key, sentence in _problems(self):
            raise EntryError(key, sentence)

    @property
    def time_column(self) -> str:
        """Our name of the column that dates the bars, ``time`` or ``date``."""
        return "date" if "date" in self.columns else "time"

    def described(self, column: str) -> str:
        """How the file itself calls one of our columns, e.g. ``Adj Close`` or ``[4]``."""
        theirs = self.columns.get(column, column)
        return f"[{theirs}]" if isinstance(theirs, int) else theirs


def canonical_json(entry: FileEntry) -> str:
    """The entry without its path as canonical JSON; keys at their default are left out.

    Leaving defaults out keeps the fingerprint of a file when a later version adds a key.
    """
    kept = {
        field.name: getattr(entry, field.name)
        for field in fields(entry)
        if field.name != "path"
        and (field.default is MISSING or getattr(entry, field.name) != field.default)
    }
    kept["columns"] = dict(entry.columns)
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def format_of(name: str) -> str | None:
    """The format a file name promises, or ``None``; a ``.gz``, ``.zst`` or ``.bz2`` is ignored.

    Args:
        name: A path or pattern, e.g. ``bars/*.csv.gz``.
    """
    lowered = name.lower()
    for packed in _PACKED:
        lowered = lowered.removesuffix(packed)
    return next((kind for end, kind in _SUFFIXES.items() if lowered.endswith(end)), None)


# One of a closed list of words, or the sentence that says so.
def _one_of(entry: FileEntry, key: str, allowed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    seen = getattr(entry, key)
    if seen not in allowed:
        yield key, f"{key} is '{seen}'; expected one of {', '.join(allowed)}."


def _problems(entry: FileEntry) -> Iterator[tuple[str, str]]:
    if entry.format is not None:
        yield from _one_of(entry, "format", FORMATS)
    yield from _one_of(entry, "timeframe", tuple(TIMEFRAMES))
    yield from _one_of(entry, "basis", PRICE_BASES)
    yield from _one_of(entry, "asset_class", ASSET_CLASSES)
    yield from _one_of(entry, "session_scope", SESSION_SCOPES)
    yield from _one_of(entry, "volume_unit", VOLUME_UNITS)
    yield from _one_of(entry, "ambiguous", ("reject", "earlier", "later"))
    yield from _one_of(entry, "label", ("start", "end"))
    yield from _column_problems(entry)
    yield from _time_problems(entry)
    yield from _text_problems(entry)
    if not re.fullmatch(r"[A-Z0-9]{4}|CRYPTO|FX", entry.exchange):
        yield (
            "exchange",
            (
                f"exchange is '{entry.exchange}'; expected a MIC of four capitals or digits such as"
                " XNAS, or CRYPTO, or FX."
            ),
        )
    if not re.fullmatch(r"[A-Za-z0-9]{2,12}", entry.currency):
        yield "currency", f"currency is '{entry.currency}'; expected a code such as USD or USDT."
    if not re.fullmatch(r"[A-Za-z0-9_.\-]{1,64}", entry.feed):
        yield "feed", f"feed is '{entry.feed}'; expected letters, digits, dots, _ or -."


def _column_problems(entry: FileEntry) -> Iterator[tuple[str, str]]:
    for name, theirs in entry.columns.items():
        key = f"columns.{name}"
        if name not in COLUMNS:
            yield key, f"columns has no '{name}'; expected only {', '.join(COLUMNS)}."
        if isinstance(theirs, int) and theirs < 0:
            yield key, f"{key} is {theirs}; expected a position counted from 0."
        if theirs == "":
            yield key, f"{key} is empty; write the name of the file's column."
        if isinstance(theirs, int) and _named_only(entry):
            yield (
                key,
                (
                    f"{key} is the position {theirs}, but this file names its columns; write the"
                    " column's name, or for a csv without a header line set header: false."
                ),
            )
        if isinstance(theirs, str) and entry.format == "csv" and not entry.header:
            yield key, f"{key} is '{theirs}', but header is false; write the position, from 0."
    for name in (*PRICES, "volume"):
        if name not in entry.columns:
            yield "columns", f"columns does not map {name}; add '{name}: <the file's column>'."
    if len({isinstance(theirs, int) for theirs in entry.columns.values()}) > 1:
        yield "columns", "columns mixes names and positions; use only names or only positions."
    if entry.symbol == "column" and "symbol" not in entry.columns:
        yield "symbol", "symbol is 'column', but columns maps no symbol; map it or name the symbol."
    if entry.symbol != "column" and "symbol" in entry.columns:
        yield (
            "symbol",
            (
                f"symbol is '{entry.symbol}' and columns maps symbol too; write 'symbol: column' or"
                " drop columns.symbol."
            ),
        )
    problem = symbol_problem(entry.symbol)
    if problem:
        yield "symbol", f"symbol cannot be landed: {problem}."


# Formats whose columns have names only.
def _named_only(entry: FileEntry) -> bool:
    return entry.format == "parquet" or (entry.format == "csv" and entry.header)


def _time_problems(entry: FileEntry) -> Iterator[tuple[str, str]]:
    daily = entry.timeframe == "1d"
    if "time" in entry.columns and "date" in entry.columns:
        yield "columns.date", "columns maps time and date; keep one of them."
    if "date" in entry.columns and not daily:
        yield (
            "columns.date",
            (
                f"columns maps date, but the timeframe is {entry.timeframe}; map time, as date is"
                " for 1d."
            ),
        )
    if "time" not in entry.columns and "date" not in entry.columns:
        wanted = "date (or time)" if daily else "time"
        yield "columns", f"columns does not map {wanted}; add it with the file's column."
    if "date" in entry.columns and entry.label == "end":
        yield "label", "label is 'end', but a date names its own session; drop label or map time."
    if daily and entry.timezone is None:
        yield (
            "timezone",
            ("timezone is missing; a 1d bar needs the zone of its session, e.g. America/New_York."),
        )
    if entry.timezone is not None and not _zone_exists(entry.timezone):
        yield (
            "timezone",
            (
                f"timezone '{entry.timezone}' does not exist; expected an IANA name such as"
                " America/New_York or UTC."
            ),
        )
    if entry.time_format not in _NAMED_TIME_FORMATS and "%" not in entry.time_format:
        yield (
            "time_format",
            (
                f"time_format is '{entry.time_format}'; expected iso, epoch_s, epoch_ms or a"
                " strptime format such as %Y-%m-%d %H:%M."
            ),
        )


def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return False
    return True


def _text_problems(entry: FileEntry) -> Iterator[tuple[str, str]]:
    if len(entry.delimiter) != 1 or not entry.delimiter.isascii() or entry.delimiter in '"\r\n\0':
        yield (
            "delimiter",
            (
                f"delimiter is {entry.delimiter!r}; expected one character such as ',' or ';' or"
                ' "\\t".'
            ),
        )
    try:
        codecs.getincrementaldecoder(entry.encoding)
        "".encode(entry.encoding)
    except (LookupError, ValueError):
        yield (
            "encoding",
            (
                f"encoding '{entry.encoding}' is unknown; expected one Python knows, such as utf-8,"
                " utf-16 or cp1252."
            ),
        )
