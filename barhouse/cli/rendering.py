"""Rows for other programs: CSV, JSON and Parquet, every number as exact as it came."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from barhouse.api import frames
from barhouse.errors import BarhouseError

FORMS: Final = ("table", "csv", "json", "parquet")


def rendered(rows: pa.Table, form: str) -> bytes:
    """Return rows as a file would hold them.

    Args:
        rows: As the driver gives them, with numerics as text.
        form: ``csv`` (nothing for null), ``json`` (an array of objects) or ``parquet``.

    Raises:
        BarhouseError: A column is of a type that this form does not have.
    """
    sink = pa.BufferOutputStream()
    try:
        if form == "json":
            return _json(rows)
        if form == "csv":
            return _csv(rows)
        pq.write_table(frames.exact(rows), sink, compression="zstd")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise BarhouseError(
            f"A column cannot be written as {form} ({str(error)[:200]}); cast it to text."
        ) from error
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _csv(rows: pa.Table) -> bytes:
    # In Python, because Arrow quotes every text, and numerics are text here.
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(rows.column_names)
    columns = [[_plain(value) for value in column.to_pylist()] for column in _texts(rows).columns]
    writer.writerows(zip(*columns, strict=True))
    return sink.getvalue().encode()


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _json(rows: pa.Table) -> bytes:
    columns = [
        [_literal(value, is_numeric=is_numeric) for value in column.to_pylist()]
        for column, is_numeric in zip(
            _texts(rows).columns, [_is_numeric(field.type) for field in rows.schema], strict=True
        )
    ]
    names = [json.dumps(name) for name in rows.column_names]
    lines = [
        "{" + ", ".join(f"{name}: {value}" for name, value in zip(names, row, strict=True)) + "}"
        for row in zip(*columns, strict=True)
    ]
    return ("[" + ",\n ".join(lines) + "]\n").encode()


def _literal(value: Any, *, is_numeric: bool) -> str:
    # A numeric goes out digit by digit; JSON has no number that is none.
    if is_numeric:
        text = str(value).lower()
        return "null" if text.lstrip("-") in ("none", "nan", "inf", "infinity") else text
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return json.dumps(value, default=str, ensure_ascii=False)


def _is_numeric(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.OpaqueType) and kind.type_name == "numeric"


def _texts(rows: pa.Table) -> pa.Table:
    for place, field in enumerate(rows.schema):
        if isinstance(field.type, pa.OpaqueType):
            texts = [chunk.storage for chunk in rows[field.name].chunks]
            column = pa.chunked_array(texts, type=field.type.storage_type)
            rows = rows.set_column(place, field.name, column)
    return rows
