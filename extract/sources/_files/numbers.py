"""Texts to exact decimals: a vectorised path for plain numbers, a careful one for the rest."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from extract.landing import PRICE
from extract.sources._files.chunks import shown

#: What pyarrow casts to decimal(38, 18) exactly and without a second look.
_PLAIN: Final = r"^[+-]?[0-9]{1,20}(\.[0-9]{0,18})?$"
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,9})?", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?[0-9]{1,3}([,' _ ][0-9]{3})+(\.[0-9]*)?")
_UNIT: Final = Decimal(1).scaleb(-18)
_LIMIT: Final = Decimal(10) ** 20
_WIDE: Final = Context(prec=60, traps=[Inexact, InvalidOperation])
_ROUNDING: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_MAX_DIGITS: Final = 400
_MAX_COUNT: Final = 2**63 - 1

Problems = dict[int, str]


def read_decimals(texts: pa.StringArray) -> tuple[pa.Decimal128Array, Problems]:
    """Turn texts into decimal(38, 18) without passing a float.

    Args:
        texts: One number each, e.g. ``187.15``, ``1e-7``; null or blank is a missing value.

    Returns:
        The decimals, null where the text is missing or wrong, and a sentence per wrong index.
    """
    plain = pc.match_substring_regex(texts, _PLAIN)
    if pc.all(plain, min_count=0).as_py() and not texts.null_count:
        return texts.cast(PRICE), {}
    texts = pc.utf8_trim_whitespace(texts)
    plain = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), fill_value=False)
    numbers = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(PRICE)
    odd = pc.indices_nonzero(pc.and_(pc.invert(plain), pc.greater(pc.binary_length(texts), 0)))
    if not len(odd):
        return numbers, {}
    problems: Problems = {}
    found: list[Decimal | None] = []
    for index, text in zip(odd.to_pylist(), texts.take(odd).to_pylist(), strict=True):
        value = exact_decimal(text)
        if isinstance(value, str):
            problems[index] = value
        found.append(None if isinstance(value, str) else value)
    mask = pa.array(_mask(len(texts), odd.to_pylist()))
    return pc.replace_with_mask(numbers, mask, pa.array(found, PRICE)), problems


def read_counts(texts: pa.StringArray) -> tuple[pa.Int64Array, Problems]:
    """Turn texts into whole numbers; the contract is that of :func:`read_decimals`."""
    numbers, problems = read_decimals(texts)
    whole = pc.fill_null(pc.equal(pc.floor(numbers), numbers), fill_value=True)
    fits = pc.fill_null(pc.less_equal(pc.abs(numbers), pa.scalar(_MAX_COUNT)), fill_value=True)
    for index in pc.indices_nonzero(pc.invert(pc.and_(whole, fits))).to_pylist():
        problems[index] = f"{shown(texts[index].as_py())} is not a whole number of trades."
    good = pc.and_(whole, fits)
    kept = pc.if_else(good, numbers, pa.scalar(None, PRICE))
    return kept.cast(pa.int64()), problems


def exact_decimal(text: str) -> Decimal | str:
    """Read one number exactly, or say in one sentence why it cannot be.

    Args:
        text: A number without blanks around it.
    """
    if not _NUMBER.fullmatch(text):
        return _not_a_number(text)
    if len(text) > _MAX_DIGITS:
        return f"{shown(text)} has too many digits; decimal(38, 18) holds 20 before and 18 after."
    value = Decimal(text)
    if value and value.adjusted() >= 20:
        return f"{shown(text)} is too large; decimal(38, 18) holds 20 digits before the point."
    try:
        return value.quantize(_UNIT, context=_WIDE)
    except Inexact:
        return f"{shown(text)} has more than 18 decimals; decimal(38, 18) cannot hold it exactly."


def rounded_float(text: str) -> str:
    """Round the shortest text of a binary float to 18 decimals, half to even.

    Args:
        text: Text of a float, e.g. ``1.2345678901234567e-05``; anything else comes back as it is.
    """
    if not _NUMBER.fullmatch(text) or len(text) > _MAX_DIGITS:
        return text
    value = Decimal(text)
    if value.adjusted() >= 20:
        return text
    return f"{value.quantize(_UNIT, context=_ROUNDING):f}"


def _not_a_number(text: str) -> str:
    seen = shown(text)
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return f"{seen} is not a finite number; expected a decimal such as 1234.5."
    if _GROUPED.fullmatch(text):
        return f"{seen} has a thousand separator; write it without, e.g. 1234.5."
    if "," in text:
        return f"{seen} holds a comma; expected a decimal point, e.g. 1234.5."
    return f"{seen} is not a number; expected a decimal such as 1234.5."


def _mask(length: int, indices: list[int]) -> list[bool]:
    mask = [False] * length
    for index in indices:
        mask[index] = True
    return mask
