"""Turn one piece of the sample into the batches of one request.

The files are read by the parser of the ``files`` provider. Added here is what only the sample
knows: a fingerprint known without opening the archive, which bar was still in progress, and the
splits and dividends that the adjusted closes hide.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from extract.landing import Batch, landing_table
from extract.providers import ExtractRequest, ProviderError
from extract.sources._files import read_bars
from extract.sources._sample.actions import (
    DERIVATION,
    AdjustedDay,
    Dividend,
    Split,
    Unexplained,
    derive_actions,
)
from extract.sources._sample.pieces import Piece


def piece_batches(
    piece: Piece, content: bytes, folder: Path, request: ExtractRequest
) -> Iterator[Batch]:
    """Yield the bars of a piece, its actions and last its request.

    Args:
        piece: What to land.
        content: The member of the archive, as it is there.
        folder: A folder for a passing copy of the file.
        request: The run; the caller has asked ``is_landed`` already.

    Raises:
        ProviderError: The file does not hold what the piece says.
    """
    text = gzip.decompress(content) if piece.member.endswith(".gz") else content
    skipped = 0
    if piece.ticker is not None:
        text, skipped = lines_of_ticker(text, piece.ticker)
    path = folder / f"{piece.entry.symbol.replace('/', '_')}-{piece.entry.timeframe}"
    path.write_bytes(text)
    fresh = replace(request, is_landed=lambda _: False)
    bars: list[pa.Table] = []
    for batch in read_bars(piece.entry, path, piece.source, fresh):
        if batch.table == "raw_bars":
            bars.append(_shift_rows(batch.rows, skipped))
        elif batch.table == "raw_rejects":
            yield Batch("raw_rejects", _shift_rows(batch.rows, skipped))
        else:
            yield from _bar_batches(piece, bars)
            yield from _finish(piece, bars, batch.rows, request)


def lines_of_ticker(text: bytes, ticker: str) -> tuple[bytes, int]:
    """Cut one ticker's lines out of a file that holds several, one after the other.

    Args:
        text: A CSV file whose first column is the ticker, with a header line.
        ticker: Whose lines to keep, e.g. ``IBM``.

    Returns:
        The header and the ticker's lines, and how many lines were left out between the two.

    Raises:
        ProviderError: The ticker has no line, or its lines are not together.
    """
    header, *lines = text.splitlines(keepends=True)
    prefix = f"{ticker},".encode()
    places = [place for place, line in enumerate(lines) if line.startswith(prefix)]
    if not places or places[-1] - places[0] + 1 != len(places):
        raise ProviderError(
            f"The sample's daily file has {len(places):,} lines of {ticker}; "
            "expected some, all in one block."
        )
    return header + b"".join(lines[places[0] : places[-1] + 1]), places[0]


def _bar_batches(piece: Piece, bars: Sequence[pa.Table]) -> Iterator[Batch]:
    newest = max((pc.max(rows["bar_start_at"]).as_py() for rows in bars), default=None)
    for reported in bars:
        rows = reported
        if piece.has_open_bar:
            is_closed = pc.less(rows["bar_start_at"], pa.scalar(newest, rows["bar_start_at"].type))
            rows = _with_column(rows, "is_final", pc.and_(rows["is_final"], is_closed))
        yield Batch("raw_bars", rows)


def _finish(
    piece: Piece, bars: Sequence[pa.Table], answer: pa.Table, request: ExtractRequest
) -> Iterator[Batch]:
    (record,) = answer.to_pylist()
    is_failed = record["outcome"] == "failed"  # such a request never counts as landed
    record["fingerprint"] = f"failed:{piece.fingerprint}" if is_failed else piece.fingerprint
    if piece.has_hidden_actions:
        days = [day for rows in bars for day in _adjusted_days(rows)]
        notes: list[str] = [record["reason"]] if record["reason"] else []
        splits, dividends, rejects = [], [], []
        for action in derive_actions(sorted(days, key=lambda day: day.session_date)):
            who = _who(piece, action.day, record["request_id"], request)
            if isinstance(action, Split):
                splits.append(who | {"split_ratio": action.ratio})
            elif isinstance(action, Dividend):
                dividends.append(
                    who
                    | {
                        "dividend_amount": action.amount,
                        "currency": piece.entry.currency,
                        "amount_basis": "raw",
                    }
                )
                if not action.is_whole_cents:
                    notes.append(
                        f"the dividend of {action.day.session_date} is no whole number of cents: "
                        f"{action.amount}"
                    )
            else:
                rejects.append(_reject(piece, action, record["request_id"], request))
        if splits:
            yield Batch("raw_splits", landing_table("raw_splits", splits))
        if dividends:
            yield Batch("raw_dividends", landing_table("raw_dividends", dividends))
        if rejects:
            yield Batch("raw_rejects", landing_table("raw_rejects", rejects))
        record["row_count"] += len(splits) + len(dividends)
        record["reject_count"] += len(rejects)
        record["reason"] = "; ".join(notes) or None
    yield Batch("requests", landing_table("requests", [record]))


def _adjusted_days(rows: pa.Table) -> Iterator[AdjustedDay]:
    columns = ("session_date", "close", "adjusted_close", "source_row")
    for record in rows.select(columns).to_pylist():
        if record["close"] and record["adjusted_close"]:
            yield AdjustedDay(**record)


def _who(
    piece: Piece, day: AdjustedDay, request_id: str, request: ExtractRequest
) -> dict[str, Any]:
    return {
        "provider": piece.entry.provider,
        "provider_symbol": piece.entry.symbol,
        "asset_class": piece.entry.asset_class,
        "exchange": piece.entry.exchange,
        "ex_date": day.session_date,
        "derivation": DERIVATION,
        "request_id": request_id,
        "source_row": day.source_row,
        "fetched_at": request.fetched_at,
    }


def _reject(
    piece: Piece, action: Unexplained, request_id: str, request: ExtractRequest
) -> dict[str, Any]:
    return {
        "provider": piece.entry.provider,
        "source": piece.source,
        "column_name": "adjusted_close",
        "seen_value": str(action.day.adjusted_close),
        "reason": (
            f"the adjustment factor changes by {action.step:.9f} on {action.day.session_date}, "
            "which is neither one split nor one dividend"
        ),
        "request_id": request_id,
        "source_row": action.day.source_row,
        "fetched_at": request.fetched_at,
    }


def _shift_rows(rows: pa.Table, skipped: int) -> pa.Table:
    return _with_column(rows, "source_row", pc.add(rows["source_row"], skipped))


def _with_column(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    place = rows.schema.get_field_index(name)
    return rows.set_column(place, rows.schema.field(name), values)
