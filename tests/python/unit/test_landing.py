"""The landing contract refuses what does not fit, by name."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.landing import SCHEMAS, LandingError, conform, landing_table, symbol_problem

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def split(**changes: Any) -> dict[str, Any]:
    return {
        "provider": "test",
        "provider_symbol": "AAPL",
        "asset_class": "equity",
        "exchange": "XNAS",
        "ex_date": NOW.date(),
        "split_ratio": Decimal(2),
        "derivation": "as reported",
        "request_id": "r1",
        "fetched_at": NOW,
        **changes,
    }


def test_rows_become_a_table_of_the_contract() -> None:
    table = landing_table("raw_splits", [split()])
    assert table.schema.equals(SCHEMAS["raw_splits"])
    assert table.column("source_row").null_count == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ratio": 2}, r"raw_splits has no column ratio"),
        ({"split_ratio": None}, r"raw_splits\.split_ratio is null"),
        ({"split_ratio": True}, r"raw_splits\.split_ratio must be decimal128\(38, 18\)"),
        ({"split_ratio": "2"}, r"raw_splits\.split_ratio must be decimal128\(38, 18\)"),
        ({"split_ratio": Decimal("1e30")}, r"raw_splits\.split_ratio must be decimal128\(38, 18\)"),
        ({"provider_symbol": 7}, r"raw_splits\.provider_symbol must be string"),
        (
            {"asset_class": "stock"},
            r"raw_splits\.asset_class is 'stock' in some row; expected one of",
        ),
        ({"ex_date": "2026-01-05"}, r"raw_splits\.ex_date must be date32"),
    ],
)
def test_value_that_does_not_fit_is_refused_with_its_column(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LandingError, match=sentence):
        landing_table("raw_splits", [split(), split(**changes)])


def test_table_of_another_type_is_refused_and_never_coerced() -> None:
    good = landing_table("raw_splits", [split()])
    place = good.schema.get_field_index("split_ratio")
    floats = good.set_column(place, "split_ratio", pa.array([2.0]))
    with pytest.raises(LandingError, match="split_ratio is double; expected decimal128"):
        conform("raw_splits", floats)


def test_table_without_a_column_is_refused() -> None:
    good = landing_table("raw_splits", [split()])
    with pytest.raises(LandingError, match="raw_splits got columns"):
        conform("raw_splits", good.drop_columns(["ex_date"]))


def test_columns_in_another_order_are_put_in_order() -> None:
    good = landing_table("raw_splits", [split()])
    shuffled = good.select(list(reversed(good.schema.names)))
    assert conform("raw_splits", shuffled).equals(good)


@pytest.mark.parametrize(
    "symbol",
    ["AAPL", "BRK.B", "BRK-B", "BTC/USD", "X:BTCUSD", "^GSPC", "ES=F", "EUR/USD", "9988.HK"],
)
def test_symbols_of_real_providers_are_accepted(symbol: str) -> None:
    assert symbol_problem(symbol) is None


@pytest.mark.parametrize(
    "symbol",
    [
        "",
        "  ",
        " AAPL",
        "AA'PL",
        'AA"PL',
        "a\\b",
        "../../etc",
        "A..B",
        "A\nB",
        "A\0B",
        "ÄPL",
        "A" * 65,
    ],
)
def test_symbols_that_could_do_harm_are_refused(symbol: str) -> None:
    assert symbol_problem(symbol)


@given(st.text(max_size=80))
def test_accepted_symbols_hold_nothing_that_escapes(symbol: str) -> None:
    if symbol_problem(symbol) is None:
        assert not set(symbol) & set("'\"\\\0\n\r\t;")
        assert ".." not in symbol
