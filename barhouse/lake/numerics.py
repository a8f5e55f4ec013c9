"""Exact decimals from the bytes that PostgreSQL itself sends for ``numeric``, a column at a time.

The driver would write each number as text, to be parsed again; on bars that takes longer than all
the rest of an export. ``numeric_send`` gives four 16-bit words (how many digits, the weight of the
first, sign, scale) and then the digits, to base 10,000. Words of all rows are picked at once.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any, Final

import numpy as np
import pyarrow as pa

#: What every ``numeric`` of the lake is.
DECIMAL: Final = pa.decimal128(38, 18)

_POSITIVE: Final = 0x0000
_NEGATIVE: Final = 0x4000
_SPECIAL: Final = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
#: Weights of the digits of a number below 10**16 with 18 decimals.
_HIGHEST: Final = 3
_LOWEST: Final = -5
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


def decimals_of(sent: pa.Array) -> pa.Array:
    """Return a column of exact decimals.

    Args:
        sent: What ``numeric_send`` gave, as binary.

    Raises:
        pyarrow.ArrowInvalid: A number needs more than 38 digits, 18 of them decimals.
    """
    valid = np.asarray(sent.is_valid())
    _, offsets, data = sent.buffers()
    places = np.frombuffer(offsets, np.int32)[sent.offset : sent.offset + len(sent) + 1] // 2
    starts = places[:-1][valid]
    if not len(starts):
        return pa.nulls(len(sent), DECIMAL)
    words = np.frombuffer(data, ">u2", count=int(places[-1])).astype(np.uint16)
    fast = _picked(words, starts)
    if fast is None:
        texts = [None if raw is None else _text(raw) for raw in sent.to_pylist()]
        return pa.array(texts, pa.string()).cast(DECIMAL)
    whole = np.zeros((len(sent), 2), np.uint64)
    whole[valid] = fast
    mask = pa.array(valid).buffers()[1]
    return pa.Array.from_buffers(DECIMAL, len(sent), [mask, pa.py_buffer(whole)])


def _picked(words: Any, starts: Any) -> Any:
    # The numbers as two words of 64 bits each; None when one of them does not fit this way.
    count = words[starts].astype(np.int64)
    weight = words[starts + 1].astype(np.int16).astype(np.int64)
    sign = words[starts + 2]
    if not np.isin(sign, (_POSITIVE, _NEGATIVE)).all():
        return None
    lowest = weight - count + 1
    held = count > 0
    if not held.any():
        return np.zeros((len(starts), 2), np.uint64)
    if weight[held].max() > _HIGHEST or lowest[held].min() < _LOWEST:
        return None
    units = np.zeros(len(starts), np.uint64)
    rest = np.zeros(len(starts), np.uint64)
    last = len(words) - 1
    for power in range(int(weight[held].max()), int(lowest[held].min()) - 1, -1):
        place = weight - power
        is_there = (place >= 0) & (place < count)
        digits = np.where(is_there, words[np.minimum(starts + 4 + place.clip(0), last)], 0)
        digits = digits.astype(np.uint64)
        if power >= 0:
            units += digits * np.uint64(10 ** (4 * power))
        elif power > _LOWEST:
            rest += digits * np.uint64(10 ** (18 + 4 * power))
        elif (digits % np.uint64(100)).any():
            return None
        else:
            rest += digits // np.uint64(100)
    return _joined(units, rest, sign == _NEGATIVE)


def _joined(units: Any, rest: Any, is_negative: Any) -> Any:
    # units * 10**18 + rest, to 128 bits, in two's complement
    factor = 10**18
    factor_high, factor_low = np.uint64(factor >> 32), np.uint64(factor & 0xFFFFFFFF)
    high, low = units >> _HALF, units & _LOW
    cross = high * factor_low + ((low * factor_low) >> _HALF)
    middle = low * factor_high + (cross & _LOW)
    upper = high * factor_high + (cross >> _HALF) + (middle >> _HALF)
    lower = units * np.uint64(factor) + rest
    upper += lower < rest
    lower = np.where(is_negative, ~lower + np.uint64(1), lower)
    upper = np.where(is_negative, ~upper + (lower == 0), upper)
    return np.stack([lower, upper], axis=1)


def _text(raw: bytes) -> str:
    # Any number, slowly; what the lake cannot hold is refused by its type.
    words = np.frombuffer(raw, ">u2")
    count, weight = int(words[0]), int(words[1].astype(np.int16))
    if special := _SPECIAL.get(int(words[2])):
        return special
    digits = "".join(f"{int(digit):04}" for digit in words[4 : 4 + count]) or "0"
    exponent = 4 * (weight - count + 1) if count else 0
    number = Decimal(digits).scaleb(exponent, Context(prec=len(digits) + 1))
    text = f"{number.copy_negate() if int(words[2]) == _NEGATIVE else number:f}"
    return text.rstrip("0") if "." in text else text
