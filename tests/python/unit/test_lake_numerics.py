"""PostgreSQL's own bytes of a numeric become the same decimal, whatever the number."""

from __future__ import annotations

import struct
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from barhouse.lake.numerics import DECIMAL, decimals_of


def sent(number: Decimal | None) -> bytes | None:
    """Return what ``numeric_send`` gives, as PostgreSQL's numeric.c describes it."""
    if number is None:
        return None
    if not number.is_finite():
        return struct.pack(">hhHh", 0, 0, 0xC000 if number.is_nan() else 0xD000, 0)
    scale = max(0, -int(number.as_tuple().exponent))
    units, _, rest = f"{number.copy_abs():f}".partition(".")
    units = units.zfill(-len(units) % 4 + len(units))
    rest = rest.ljust(-len(rest) % 4 + len(rest), "0")
    digits = [int((units + rest)[place : place + 4]) for place in range(0, len(units + rest), 4)]
    weight = len(units) // 4 - 1
    while digits and digits[0] == 0:
        digits, weight = digits[1:], weight - 1
    while digits and digits[-1] == 0:
        digits.pop()
    sign = 0x4000 if number < 0 else 0
    weight = weight if digits else 0
    return struct.pack(f">hhHh{len(digits)}h", len(digits), weight, sign, scale, *digits)


NUMBERS = st.decimals(
    min_value=Decimal(-(10**20)), max_value=Decimal(10**20), places=18, allow_nan=False
).filter(lambda number: number.copy_abs() < 10**20)
PRICES = st.decimals(min_value=Decimal(-(10**5)), max_value=Decimal(10**9), places=6)


@given(st.lists(st.none() | PRICES, max_size=40), st.integers(0, 3))
@example([Decimal("0"), Decimal("-0.01"), Decimal("9999.9999"), Decimal("10000")], 0)
def test_prices_arrive_exactly(numbers: list[Decimal | None], first: int) -> None:
    column = pa.array([sent(number) for number in numbers], pa.binary()).slice(first)
    assert decimals_of(column).to_pylist() == numbers[first:]
    assert decimals_of(column).type == DECIMAL


@given(st.lists(st.none() | NUMBERS, max_size=20))
@example([Decimal("9999999999999999.999999999999999999"), Decimal("-1e-18")])
@example([Decimal("99999999999999999999.999999999999999999"), None, Decimal("1")])
def test_any_number_of_38_digits_arrives_exactly(numbers: list[Decimal | None]) -> None:
    column = pa.array([sent(number) for number in numbers], pa.binary())
    assert decimals_of(column).to_pylist() == numbers


@pytest.mark.parametrize("number", ["1e20", "1e-19", "0.1234567890123456789", "NaN", "Infinity"])
def test_what_does_not_fit_is_refused(number: str) -> None:
    column = pa.array([sent(Decimal("1")), sent(Decimal(number))], pa.binary())
    with pytest.raises(pa.ArrowInvalid):
        decimals_of(column)
