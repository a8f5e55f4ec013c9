"""The manifest: one small JSON file that says what its data file holds.

It is called ``_manifest.json`` because Spark and pyarrow skip names that start with an underscore;
any other name beside the data would stop them from reading the folder.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields

import pyarrow as pa

from barhouse.lake.errors import LakeError
from barhouse.lake.partitions import parse_partition

# Raised when the same rows would give other bytes; older partitions are then written again.
FORMAT = 2

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ColumnType:
    """One column of the data file.

    Attributes:
        name: Its name.
        type: Its Arrow type, such as ``decimal128(38, 18)``.
    """

    name: str
    type: str


@dataclass(frozen=True)
class Manifest:
    """What one partition holds.

    Attributes:
        format: Version of the writer's layout.
        dataset: Such as ``bars_1m``.
        partition: Such as ``date=2018-01-20``.
        basis: ``raw``, ``split_adjusted`` or ``adjusted``.
        rows: Rows in the data file.
        bytes: Size of the data file.
        sha256: Hash of the data file.
        time_column: ``bar_start_at`` or ``session_date``.
        time_min: Smallest value of the time column, ISO 8601.
        time_max: Largest value of the time column, ISO 8601.
        schema: Columns in order.
        fingerprint: What the database said about these rows; decides whether they changed.
        git_sha: Version of the models that made the rows, if known.
        exported_at: When it was written, ISO 8601, UTC.
        archived_at: Since when the lake may hold the only copy; such a partition is never
            rewritten or removed by an export.
        versions: A hash of ``ops.bar_versions`` of its month when the rows were read; as long as
            the database says the same, the rows are those of the database.
    """

    format: int
    dataset: str
    partition: str
    basis: str
    rows: int
    bytes: int
    sha256: str
    time_column: str
    time_min: str
    time_max: str
    schema: tuple[ColumnType, ...]
    fingerprint: str
    git_sha: str | None
    exported_at: str
    archived_at: str | None = None
    versions: str | None = None

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(asdict(self), indent=2) + "\n"


def columns_of(schema: pa.Schema) -> tuple[ColumnType, ...]:
    """Return the columns of an Arrow schema as a manifest names them."""
    return tuple(ColumnType(field.name, str(field.type)) for field in schema)


def parse_manifest(text: str) -> Manifest:
    """Read a manifest.

    Args:
        text: Content of the file.

    Returns:
        The manifest, with every field of the expected type.

    Raises:
        LakeError: It is not a manifest; the message says what is wrong.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise LakeError(f"is not JSON ({error})") from error
    if not isinstance(content, dict):
        raise LakeError(f"is {type(content).__name__}; expected an object")
    unknown = sorted(set(content) - {field.name for field in fields(Manifest)})
    if unknown:
        raise LakeError(f"has the unknown key {unknown[0]!r}; it is from a newer version")
    for name in ("format", "rows", "bytes"):
        value = content.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise LakeError(f"{name} is {value!r}; expected a whole number")
    for field in fields(Manifest):
        value = content.get(field.name)
        if field.type == "str" and not isinstance(value, str):
            raise LakeError(f"{field.name} is {value!r}; expected a text")
        if field.type == "str | None" and not (value is None or isinstance(value, str)):
            raise LakeError(f"{field.name} is {value!r}; expected a text or null")
    if not _SHA256.fullmatch(content["sha256"]):
        raise LakeError(f"sha256 is {content['sha256']!r}; expected 64 hexadecimal digits")
    if parse_partition(content["partition"]) is None:
        raise LakeError(f"partition is {content['partition']!r}; expected such as 'year=2018'")
    return Manifest(**{**content, "schema": _schema(content.get("schema"))})


def _schema(value: object) -> tuple[ColumnType, ...]:
    try:
        if isinstance(value, list):
            return tuple(ColumnType(str(item["name"]), str(item["type"])) for item in value)
    except (KeyError, TypeError):
        pass
    raise LakeError("schema is not a list of columns with name and type")
