"""Exactness of numbers, by property."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from extract.sources._files.numbers import read_decimals, rounded_float

UNIT = Decimal(1).scaleb(-18)
FITTING = st.integers(-(10**38) + 1, 10**38 - 1).map(
    lambda n: Decimal(n).scaleb(-18, Context(prec=60))
)


@given(st.lists(FITTING))
def test_every_decimal_that_fits_is_read_exactly(values: list[Decimal]) -> None:
    texts = pa.array([format(value, "f") for value in values], pa.string())
    numbers, problems = read_decimals(texts)
    assert problems == {}
    assert numbers.to_pylist() == values


@given(st.lists(FITTING))
def test_scientific_notation_reads_the_same(values: list[Decimal]) -> None:
    numbers, problems = read_decimals(pa.array([f"{v:E}" for v in values], pa.string()))
    assert problems == {}
    assert numbers.to_pylist() == values


@given(st.lists(st.text(max_size=12)))
def test_any_text_is_a_number_or_a_sentence(texts: list[str]) -> None:
    clean = [text.encode("utf-8", "replace").decode() for text in texts]
    numbers, problems = read_decimals(pa.array(clean, pa.string()))
    for index, (text, number) in enumerate(zip(clean, numbers.to_pylist(), strict=True)):
        if number is None:
            assert (index in problems) == bool(text.strip())
        else:
            assert number == Decimal(text.strip())


@given(st.floats(-1e19, 1e19))
def test_a_float_is_its_shortest_text_rounded_to_18_decimals(value: float) -> None:
    expected = Decimal(repr(value)).quantize(UNIT, ROUND_HALF_EVEN, Context(prec=60))
    assert Decimal(rounded_float(repr(value))) == expected
    shortest = pa.array([value]).cast(pa.string())[0].as_py()
    assert Decimal(shortest) == Decimal(repr(value))
