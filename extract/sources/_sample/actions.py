"""Splits and dividends derived from raw and adjusted closes, by inverting the WIKI formula.

The vendor publishes no actions in this file, only ``Close`` (raw) and ``Adj Close``. With
f = Adj Close / Close, f changes only across an action, and by exactly

    f_t / f_(t-1) = ratio * (C_t + D) / C_t

where t is the ex-date, C_t its raw close, D the cash dividend and ratio the split's new shares per
old share. Between actions the step is 1 to about 1e-13 (the file's rounding of Adj Close). This is
the WIKI method, not CRSP's (which divides by the previous close): it serves to read this file only.

One step is one number, so it is read as one event, by its size:
  * a split when it equals a fraction of two whole numbers up to 50, at least 5/4 or at most 4/5, to
    1e-9: 2/1, 3/2, 7/1, 1/10. A dividend would hit such a fraction by accident only;
  * a dividend when it lies between 1 and 5/4, that is D below a quarter of the close;
  * neither otherwise (say a split and a dividend on one day): told to the caller, never guessed.
A stock dividend below 25 % would therefore be read as cash; this file holds none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final

DERIVATION: Final = "derived from adjusted close, WIKI method"
#: A step closer to 1 than this is the rounding of the file; the smallest dividend moves it by 1e-3.
NO_EVENT: Final = Decimal("1e-9")
#: How near a split's step must come to its fraction.
SPLIT_TOLERANCE: Final = Decimal("1e-9")
LARGEST_TERM: Final = 50
SMALLEST_SPLIT: Final = Fraction(5, 4)
SMALLEST_REVERSE_SPLIT: Final = Fraction(4, 5)
#: A derived dividend nearer than this to a whole cent is that many cents.
CENT_TOLERANCE: Final = Decimal("1e-6")
_CENT: Final = Decimal("0.01")
_LANDED_DIGITS: Final = Decimal("1e-18")


@dataclass(frozen=True)
class AdjustedDay:
    """One session as the file has it.

    Attributes:
        session_date: The session.
        close: Raw close.
        adjusted_close: Adjusted close, WIKI method.
        source_row: The row in the file, or none.
    """

    session_date: date
    close: Decimal
    adjusted_close: Decimal
    source_row: int | None = None


@dataclass(frozen=True)
class Split:
    """A split.

    Attributes:
        day: Its ex-date's row.
        ratio: New shares per old share, e.g. 2.
    """

    day: AdjustedDay
    ratio: Decimal


@dataclass(frozen=True)
class Dividend:
    """A cash dividend.

    Attributes:
        day: Its ex-date's row.
        amount: Cash per share as paid, not restated for later splits.
        is_whole_cents: Whether the derived amount was whole cents; it is rounded to them then.
    """

    day: AdjustedDay
    amount: Decimal
    is_whole_cents: bool


@dataclass(frozen=True)
class Unexplained:
    """A step that is neither a split nor a dividend.

    Attributes:
        day: The row the step leads to.
        step: The change of the adjustment factor, e.g. 0.93.
    """

    day: AdjustedDay
    step: Decimal


def derive_actions(days: Iterable[AdjustedDay]) -> list[Split | Dividend | Unexplained]:
    """Find the corporate actions between the first and the last day.

    Args:
        days: One symbol's sessions in order of date, prices above zero.

    Returns:
        The actions in order of ex-date; empty when there are fewer than two days.
    """
    actions: list[Split | Dividend | Unexplained] = []
    previous: Decimal | None = None
    with localcontext(prec=40):
        for day in days:
            factor = day.adjusted_close / day.close
            if previous is not None and abs(factor / previous - 1) > NO_EVENT:
                actions.append(_action(day, factor / previous))
            previous = factor
    return actions


def _action(day: AdjustedDay, step: Decimal) -> Split | Dividend | Unexplained:
    ratio = _split_ratio(step)
    if ratio is not None:
        return Split(day, ratio)
    if not 1 < Fraction(step) < SMALLEST_SPLIT:
        return Unexplained(day, step)
    amount = day.close * (step - 1)
    cents = amount.quantize(_CENT)
    if abs(amount - cents) <= CENT_TOLERANCE:
        return Dividend(day, cents, is_whole_cents=True)
    return Dividend(day, amount.quantize(_LANDED_DIGITS), is_whole_cents=False)


def _split_ratio(step: Decimal) -> Decimal | None:
    fraction = Fraction(step).limit_denominator(LARGEST_TERM)
    if SMALLEST_REVERSE_SPLIT < fraction < SMALLEST_SPLIT or fraction <= 0:
        return None
    ratio = Decimal(fraction.numerator) / Decimal(fraction.denominator)
    if fraction.numerator > LARGEST_TERM or abs(step / ratio - 1) > SPLIT_TOLERANCE:
        return None
    return ratio.quantize(_LANDED_DIGITS).normalize()
