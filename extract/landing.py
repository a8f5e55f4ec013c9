"""The landing contract: what a row in ``staging`` is, whoever reported it.

Every provider hands over Arrow tables of exactly these schemas. Types are declared and frozen: a
value that does not fit is refused here, before anything lands. ``sql_bootstrap/40_landing.sql``
declares the same tables in the database and a test holds the two together.

Prices are decimal(38, 18) in ``currency`` per unit, volume is decimal(38, 18) in ``volume_unit``,
timestamps are aware UTC instants with microseconds, bars are labelled by their start and cover
[bar_start_at, bar_start_at + timeframe).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

LandingTable = Literal[
    "raw_bars",
    "raw_splits",
    "raw_dividends",
    "raw_sessions",
    "raw_assets",
    "raw_rejects",
    "requests",
]

#: Timeframes a provider may land, with their length; a day is a session, so its length is nominal.
TIMEFRAMES: Final[Mapping[str, timedelta]] = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "30m": timedelta(minutes=30),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
}
#: ``raw`` as traded, ``split`` restated for later splits, ``none`` where splits do not exist.
PRICE_BASES: Final = ("raw", "split", "none")
SESSION_SCOPES: Final = ("regular", "extended", "24x7")
VOLUME_UNITS: Final = ("shares", "base", "lots", "unknown")
ASSET_CLASSES: Final = ("equity", "etf", "crypto", "fx", "index")
#: What a request asks for.
DATASETS: Final = ("bars", "actions", "assets")

PRICE: Final = pa.decimal128(38, 18)
INSTANT: Final = pa.timestamp("us", tz="UTC")
_MAX_SYMBOL_LENGTH: Final = 64
_SYMBOL: Final = re.compile(r"[A-Za-z0-9^$#.=:/+&@!_\- ]+")


def _schema(*columns: tuple[str, pa.DataType, bool]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, nullable) for name, kind, nullable in columns])


_WHO: Final = (
    ("provider", pa.string(), False),
    ("provider_symbol", pa.string(), False),
    ("asset_class", pa.string(), False),
    ("exchange", pa.string(), False),
)
_LINEAGE: Final = (
    ("request_id", pa.string(), False),
    ("source_row", pa.int64(), True),
    ("fetched_at", INSTANT, False),
)

SCHEMAS: Final[Mapping[str, pa.Schema]] = {
    "raw_bars": _schema(
        *_WHO,
        ("feed", pa.string(), False),
        ("currency", pa.string(), False),
        ("timeframe", pa.string(), False),
        ("bar_start_at", INSTANT, False),
        ("session_date", pa.date32(), True),
        ("source_timestamp", pa.string(), False),
        ("open", PRICE, True),
        ("high", PRICE, True),
        ("low", PRICE, True),
        ("close", PRICE, True),
        ("volume", PRICE, True),
        ("volume_unit", pa.string(), False),
        ("vwap", PRICE, True),
        ("trade_count", pa.int64(), True),
        ("adjusted_close", PRICE, True),
        ("price_basis", pa.string(), False),
        ("session_scope", pa.string(), False),
        ("is_final", pa.bool_(), False),
        *_LINEAGE,
    ),
    "raw_splits": _schema(
        *_WHO,
        ("ex_date", pa.date32(), False),
        ("split_ratio", PRICE, False),
        ("event_id", pa.string(), True),
        ("derivation", pa.string(), False),
        *_LINEAGE,
    ),
    "raw_dividends": _schema(
        *_WHO,
        ("ex_date", pa.date32(), False),
        ("dividend_amount", PRICE, False),
        ("currency", pa.string(), False),
        ("amount_basis", pa.string(), False),
        ("event_id", pa.string(), True),
        ("derivation", pa.string(), False),
        *_LINEAGE,
    ),
    "raw_sessions": _schema(
        ("exchange", pa.string(), False),
        ("session_date", pa.date32(), False),
        ("open_at", INSTANT, False),
        ("close_at", INSTANT, False),
        ("break_start_at", INSTANT, True),
        ("break_end_at", INSTANT, True),
        ("is_early_close", pa.bool_(), False),
        ("calendar_version", pa.string(), False),
        *_LINEAGE,
    ),
    "raw_assets": _schema(
        *_WHO,
        ("currency", pa.string(), False),
        ("symbol", pa.string(), False),
        ("asset_name", pa.string(), True),
        ("is_active", pa.bool_(), True),
        ("derivation", pa.string(), False),
        *_LINEAGE,
    ),
    "raw_rejects": _schema(
        ("provider", pa.string(), False),
        ("source", pa.string(), False),
        ("column_name", pa.string(), True),
        ("seen_value", pa.string(), True),
        ("reason", pa.string(), False),
        ("record", pa.string(), True),
        *_LINEAGE,
    ),
    "requests": _schema(
        ("request_id", pa.string(), False),
        ("provider", pa.string(), False),
        ("source", pa.string(), False),
        ("fingerprint", pa.string(), False),
        ("timeframe", pa.string(), True),
        ("symbol", pa.string(), True),
        ("provider_symbol", pa.string(), True),
        ("feed", pa.string(), True),
        ("dataset", pa.string(), True),
        ("session_scope", pa.string(), True),
        ("window_start_at", INSTANT, True),
        ("window_end_at", INSTANT, True),
        ("settled_until_at", INSTANT, True),
        ("outcome", pa.string(), False),
        ("row_count", pa.int64(), False),
        ("reject_count", pa.int64(), False),
        ("reason", pa.string(), True),
        ("retry_count", pa.int64(), True),
        ("wait_seconds", PRICE, True),
        ("requested_at", INSTANT, False),
    ),
}

#: The words that a column may hold; ``table.column`` where the name alone would say too much.
WORDS: Final[Mapping[str, Collection[str]]] = {
    "asset_class": ASSET_CLASSES,
    "timeframe": tuple(TIMEFRAMES),
    "price_basis": PRICE_BASES,
    "session_scope": SESSION_SCOPES,
    "volume_unit": VOLUME_UNITS,
    "amount_basis": ("raw", "split"),
    "dataset": DATASETS,
    "outcome": ("rows", "empty", "failed", "rate_limited", "not_permitted"),
    # What a configuration of ours says, or the provider's own list of symbols.
    "raw_assets.derivation": ("configured", "reported"),
}


class LandingError(ValueError):
    """A batch that does not keep the landing contract; nothing of it lands."""


@dataclass(frozen=True)
class Batch:
    """Rows for one landing table.

    Attributes:
        table: The landing table, e.g. ``raw_bars``.
        rows: Arrow table; :func:`landing_table` makes one that keeps the contract.
    """

    table: LandingTable
    rows: pa.Table


def landing_table(table: LandingTable, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Build the Arrow table of one landing table from plain records.

    Args:
        table: The landing table, e.g. ``raw_bars``.
        rows: One mapping per row; a missing nullable column becomes null.

    Returns:
        An Arrow table with exactly the columns and types of ``SCHEMAS[table]``.

    Raises:
        LandingError: A column is unknown, a required value is missing, or a value does not fit.
    """
    schema = SCHEMAS[table]
    unknown = sorted({key for row in rows for key in row} - set(schema.names))
    if unknown:
        raise LandingError(
            f"{table} has no column {', '.join(unknown)}; expected only {', '.join(schema.names)}."
        )
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        try:
            columns.append(pa.array(values, type=field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise LandingError(f"{table}.{field.name} must be {field.type}: {error}.") from error
    return conform(table, pa.Table.from_arrays(columns, schema=schema))


def conform(table: LandingTable, rows: pa.Table) -> pa.Table:
    """Check an Arrow table against the contract; types are never coerced.

    Args:
        table: The landing table, e.g. ``raw_bars``.
        rows: Arrow table with the contract's columns, in any order.

    Returns:
        The same rows with columns in contract order.

    Raises:
        LandingError: Columns or types differ, a required value is null, or a word is not known.
    """
    schema = SCHEMAS[table]
    if set(rows.schema.names) != set(schema.names):
        raise LandingError(
            f"{table} got columns {sorted(rows.schema.names)}; expected {sorted(schema.names)}."
        )
    rows = rows.select(schema.names)
    for field, seen in zip(schema, rows.schema, strict=True):
        if seen.type != field.type:
            raise LandingError(f"{table}.{field.name} is {seen.type}; expected {field.type}.")
        if not field.nullable and rows.column(field.name).null_count:
            raise LandingError(f"{table}.{field.name} is null in some row; expected a value.")
        _check_words(table, rows.column(field.name), field.name)
    return rows.cast(schema)


def _check_words(table: str, values: pa.ChunkedArray, name: str) -> None:
    known = WORDS.get(f"{table}.{name}", WORDS.get(name))
    if known is None:
        return
    for value in pc.unique(values).to_pylist():
        if value is not None and value not in known:
            raise LandingError(
                f"{table}.{name} is '{value[:40]}' in some row; expected one of {', '.join(known)}."
            )


def symbol_problem(symbol: str) -> str | None:
    """Say in one clause why a provider symbol cannot be landed, or ``None`` when it can.

    Args:
        symbol: The provider's spelling, e.g. ``BRK.B``, ``BTC/USD`` or ``^GSPC``.
    """
    if not symbol.strip():
        return "the symbol is empty"
    if len(symbol) > _MAX_SYMBOL_LENGTH:
        return (
            f"the symbol has {len(symbol):,} characters, at most {_MAX_SYMBOL_LENGTH} are allowed"
        )
    if symbol != symbol.strip():
        return "the symbol starts or ends with a blank"
    if ".." in symbol or not _SYMBOL.fullmatch(symbol):
        return (
            "the symbol may hold only letters, digits, blanks and ^ $ # . = : / + & @ ! _ -,"
            " and never two dots in a row"
        )
    return None
