"""Reading splits and dividends out of adjusted closes: the WIKI formula, inverted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.sources._sample.actions import (
    AdjustedDay,
    Dividend,
    Split,
    Unexplained,
    derive_actions,
)

START = date(2012, 1, 2)
CLOSE = Decimal("27.39")


def days(*steps: Decimal | Fraction, close: Decimal = CLOSE) -> list[AdjustedDay]:
    """Sessions whose adjustment factor changes by these steps, the close always the same."""
    factors = [Fraction(1)]
    for step in steps:
        factors.append(factors[-1] * Fraction(step))
    return [
        AdjustedDay(START + timedelta(days=n), close, as_published(close, factor), n + 1)
        for n, factor in enumerate(factors)
    ]


def as_published(close: Decimal, factor: Fraction) -> Decimal:
    """An adjusted close with 15 significant digits, about what the file has."""
    return Decimal(f"{float(Fraction(close) * factor):.15g}")


@pytest.mark.parametrize(
    "ratio",
    ["2/1", "3/2", "7/1", "5/4", "4/5", "1/10", "1/50", "50/1", "3/1", "10/1", "2/3", "7/5"],
)
def test_small_fraction_is_a_split(ratio: str) -> None:
    wanted = Fraction(ratio)
    (action,) = derive_actions(days(Fraction(1), wanted, Fraction(1)))
    assert isinstance(action, Split)
    assert action.day.session_date == START + timedelta(days=2)
    assert action.day.source_row == 3
    assert abs(Fraction(action.ratio) - wanted) < Fraction(1, 10**15)


def test_plain_split_ratio_is_exact() -> None:
    (action,) = derive_actions(days(Fraction(7)))
    assert isinstance(action, Split)
    assert action.ratio == 7


@pytest.mark.parametrize("amount", ["0.01", "0.08", "0.23", "3.08", "6.84"])
def test_whole_cents_come_back_exactly(amount: str) -> None:
    step = 1 + Fraction(amount) / Fraction(CLOSE)
    (action,) = derive_actions(days(step))
    assert isinstance(action, Dividend)
    assert action.amount == Decimal(amount)
    assert action.is_whole_cents


def test_dividend_that_is_no_whole_cents_is_not_rounded() -> None:
    step = 1 + Fraction("0.12345") / Fraction(CLOSE)
    (action,) = derive_actions(days(step))
    assert isinstance(action, Dividend)
    assert not action.is_whole_cents
    assert abs(action.amount - Decimal("0.12345")) < Decimal("1e-9")


def test_dividend_of_a_tenth_of_the_close_is_no_split() -> None:
    (action,) = derive_actions(days(Fraction(11, 10), close=Decimal(20)))
    assert isinstance(action, Dividend)
    assert action.amount == 2


@pytest.mark.parametrize(
    "step",
    ["2.0123", "0.97", "1.2999", "0.3333", "51", "1/51"],
    ids=["split and dividend", "below one", "a third of it", "crooked", "too large", "too small"],
)
def test_other_steps_are_told_not_guessed(step: str) -> None:
    (action,) = derive_actions(days(Fraction(step)))
    assert isinstance(action, Unexplained)
    assert abs(Fraction(action.step) / Fraction(step) - 1) < Fraction(1, 10**12)


def test_several_actions_keep_their_order() -> None:
    dividend = 1 + Fraction("0.08") / Fraction(CLOSE)
    actions = derive_actions(days(Fraction(2), dividend, Fraction(1), dividend))
    assert [type(action) for action in actions] == [Split, Dividend, Dividend]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_no_change_is_no_action(count: int) -> None:
    assert derive_actions(days(*[Fraction(1)] * count)[:count]) == []


def test_rounding_of_the_file_is_no_action() -> None:
    assert derive_actions(days(Fraction("1.0000000000004"), Fraction("0.9999999999996"))) == []


@given(
    close_cents=st.integers(min_value=500, max_value=100_000),
    dividend_cents=st.integers(min_value=1, max_value=100),
)
def test_any_dividend_comes_back_to_the_cent(close_cents: int, dividend_cents: int) -> None:
    close = Decimal(close_cents) / 100
    step = 1 + Fraction(dividend_cents, close_cents)
    (action,) = derive_actions(days(step, close=close))
    assert isinstance(action, Dividend)
    assert action.amount == Decimal(dividend_cents) / 100
    assert action.is_whole_cents
