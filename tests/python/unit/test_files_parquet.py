"""Parquet files of bars."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_files_kit import COLUMNS, Landed, read

MINUTE = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)


def load(tmp_path: Path, made: dict[str, Any], /, **changes: object) -> Landed:
    size = max(len(values) for values in made.values())
    base = {name: pa.array([1.0] * size) for name in COLUMNS if name != "time"}
    pq.write_table(pa.table({**base, **made}), tmp_path / "made.parquet")
    return read(tmp_path, (tmp_path / "made.parquet").read_bytes(), "a.parquet", **changes)


def moments(*values: datetime, unit: str = "us", tz: str | None = "UTC") -> pa.Array:
    return pa.array(values, pa.timestamp(unit, tz))


def test_decimals_stay_exact_and_floats_take_their_shortest_text(tmp_path: Path) -> None:
    exact = pa.array([Decimal("0.000000000000000001")], pa.decimal128(38, 18))
    columns = {
        "time": moments(MINUTE),
        "open": exact,
        "high": pa.array([0.1]),
        "low": pa.array([0.1], pa.float32()),
        "close": pa.array([1.2345678901234567e-05]),
        "volume": pa.array([2**53 + 1]),
    }
    bar = load(tmp_path, columns).bars[0]
    assert bar["open"] == Decimal("0.000000000000000001")
    assert (bar["high"], bar["low"]) == (Decimal("0.1"), Decimal("0.1"))
    assert bar["close"] == Decimal("0.000012345678901235")
    assert bar["volume"] == Decimal(2**53 + 1)
    assert bar["source_row"] == 1


@pytest.mark.parametrize(
    "column",
    [
        moments(MINUTE, tz="America/New_York"),
        moments(MINUTE, unit="ns"),
        moments(MINUTE.replace(tzinfo=None), unit="ms", tz=None),
        pa.array(["2024-01-02T14:30:00Z"]).dictionary_encode(),
        pa.array(["2024-01-02 14:30"], pa.large_string()),
    ],
)
def test_every_kind_of_time_column_gives_the_instant(tmp_path: Path, column: pa.Array) -> None:
    assert load(tmp_path, {"time": column}).bars[0]["bar_start_at"] == MINUTE


def test_a_typed_time_needs_no_time_format(tmp_path: Path) -> None:
    landed = load(tmp_path, {"time": moments(MINUTE)}, time_format="epoch_ms")
    assert landed.bars[0]["bar_start_at"] == MINUTE


def test_numbers_need_their_time_format(tmp_path: Path) -> None:
    landed = load(tmp_path, {"time": pa.array([1_704_205_800])}, time_format="epoch_s")
    assert landed.bars[0]["bar_start_at"] == MINUTE


@pytest.mark.parametrize(
    "column",
    [
        pa.array([date(2024, 1, 2)]),
        moments(datetime(2024, 1, 2, 5, tzinfo=UTC), tz="America/New_York"),
        moments(datetime(2024, 1, 2, tzinfo=UTC), tz="UTC"),
    ],
)
def test_a_date_column_is_the_date_in_its_own_zone(tmp_path: Path, column: pa.Array) -> None:
    mapped = {name: name for name in COLUMNS if name != "time"} | {"date": "time"}
    landed = load(
        tmp_path, {"time": column}, columns=mapped, timeframe="1d", timezone="America/New_York"
    )
    assert landed.bars[0]["session_date"] == date(2024, 1, 2)


def test_nulls_and_nans_are_rejected_with_their_row(tmp_path: Path) -> None:
    columns = {
        "time": moments(MINUTE, MINUTE, MINUTE),
        "open": pa.array([None, float("nan"), 1.5]),
    }
    landed = load(tmp_path, columns)
    assert [reject["source_row"] for reject in landed.rejects] == [1, 2]
    assert "missing" in landed.rejects[0]["reason"]
    assert "finite" in landed.rejects[1]["reason"]
    assert '"open": null' in landed.rejects[0]["record"]
    assert len(landed.bars) == 1


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"time": pa.array([[1]])}, "The column 'time' is list"),
        ({"time": pa.array([b"x"])}, "The column 'time' is binary"),
        ({"Time": pa.array(["x"])}, "did you mean 'Time'?"),
    ],
)
def test_a_column_of_no_use_fails_the_file(
    tmp_path: Path, columns: dict[str, pa.Array], said: str
) -> None:
    landed = load(tmp_path, columns)
    assert landed.request["outcome"] == "failed"
    assert said in landed.request["reason"]


def test_bytes_that_are_no_parquet_fail_the_file(tmp_path: Path) -> None:
    landed = read(tmp_path, b"PAR1 not really", "a.parquet")
    assert "cannot be read as Parquet" in landed.request["reason"]


def test_no_rows_is_empty(tmp_path: Path) -> None:
    assert load(tmp_path, {"time": moments()}).request["outcome"] == "empty"
