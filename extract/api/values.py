"""Columns of provider values to Arrow, whole columns at once; single values only where one is bad.

A float becomes the shortest decimal that names it, which is what the provider wrote. More than 18
decimals are rounded to 18.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from extract.api.feed import NumberForm, TimeForm
from extract.landing import INSTANT, PRICE

_ARROW_REFUSES: Final = (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError)
_PLACES: Final = Decimal(1).scaleb(-PRICE.scale)
#: Python's own context has 28 digits; a price may have 38.
_WIDE: Final = Context(prec=60)
_LIMIT: Final = Decimal(10) ** (PRICE.precision - PRICE.scale)
_TOO_LARGE: Final = "has more than 20 digits before the point"

#: Position of a bad value and what is wrong with it, as a clause.
Problems = dict[int, str]


def decimals(
    values: Sequence[Any], form: NumberForm, *, may_be_null: bool = False
) -> tuple[pa.Array, Problems]:
    """Convert prices or volumes.

    Args:
        values: As the provider wrote them.
        form: Whether they must be numbers or text.
        may_be_null: Whether ``None`` is a value.

    Returns:
        A decimal(38, 18) array, null where a value is bad, and what is wrong there.
    """
    fast = _fast_decimals(values, form)
    if fast is not None and (may_be_null or fast.null_count == 0):
        return fast, {}
    return _one_by_one(values, lambda value: _decimal(value, form), PRICE, may_be_null)


def counts(values: Sequence[Any]) -> tuple[pa.Array, Problems]:
    """Convert whole numbers such as trade counts; ``None`` is a value, and so is 12.0.

    Args:
        values: As the provider wrote them.
    """
    try:
        converted = pa.array(values)
        if pa.types.is_null(converted.type) or pa.types.is_integer(converted.type):
            return converted.cast(pa.int64()), {}
        if pa.types.is_floating(converted.type):
            return converted.cast(pa.int64(), safe=True), {}
    except _ARROW_REFUSES:
        pass
    return _one_by_one(values, _count, pa.int64(), may_be_null=True)


def instants(values: Sequence[Any], form: TimeForm) -> tuple[pa.Array, Problems]:
    """Convert bar starts that are instants.

    Args:
        values: As the provider wrote them.
        form: How; not ``date``.

    Returns:
        A timestamp array in UTC, null where a value is bad, and what is wrong there.
    """
    try:
        if form in _EPOCH_UNITS:
            whole = pa.array(values)
            if pa.types.is_string(whole.type):
                whole = whole.cast(pa.int64())
            if pa.types.is_integer(whole.type) and whole.null_count == 0:
                return whole.cast(pa.int64()).cast(_EPOCH_UNITS[form]).cast(INSTANT), {}
        elif form == "rfc3339":
            converted = pa.array(values, pa.string()).cast(INSTANT)
            if converted.null_count == 0:
                return converted, {}
        elif all(isinstance(value, datetime) and value.tzinfo for value in values):
            return pa.array(values, INSTANT), {}
    except (*_ARROW_REFUSES, OverflowError):
        pass
    return _one_by_one(values, lambda value: _instant(value, form), INSTANT, may_be_null=False)


def dates(values: Sequence[Any]) -> tuple[pa.Array, Problems]:
    """Convert session dates, given as dates or as YYYY-MM-DD.

    Args:
        values: As the provider wrote them.
    """
    return _one_by_one(values, _date, pa.date32(), may_be_null=False)


def shown(value: object) -> str:
    """Return a value as it is told in a reject: short, and with its quotes when it is text."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


_EPOCH_UNITS: Final = {
    "epoch_seconds": pa.timestamp("s", tz="UTC"),
    "epoch_milliseconds": pa.timestamp("ms", tz="UTC"),
}


def _fast_decimals(values: Sequence[Any], form: NumberForm) -> pa.Array | None:
    try:
        given = pa.array(values)
        kind = given.type
        if pa.types.is_null(kind):
            return given.cast(PRICE)
        if form == "text":
            return given.cast(PRICE) if pa.types.is_string(kind) else None
        if pa.types.is_floating(kind):
            finite = pc.all(pc.is_finite(given), min_count=0).as_py()
            return given.cast(pa.string()).cast(PRICE) if finite else None
        if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
            return given.cast(PRICE)
    except _ARROW_REFUSES:
        pass
    return None


def _one_by_one(
    values: Sequence[Any], convert: Callable[[Any], Any], kind: pa.DataType, may_be_null: bool
) -> tuple[pa.Array, Problems]:
    converted: list[Any] = []
    problems: Problems = {}
    for place, value in enumerate(values):
        good = None
        if value is not None:
            try:
                good = convert(value)
            except _BadValueError as error:
                problems[place] = str(error)
        elif not may_be_null:
            problems[place] = "is missing"
        converted.append(good)
    return pa.array(converted, kind), problems


class _BadValueError(ValueError):
    """What is wrong with one value, as a clause."""


def _decimal(value: Any, form: NumberForm) -> Decimal:
    if isinstance(value, bool) or isinstance(value, str) != (form == "text"):
        raise _BadValueError(
            f"is {type(value).__name__} {shown(value)}; expected "
            + ("the text of a number" if form == "text" else "a number")
        )
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _BadValueError(f"is {shown(value)}; expected a number") from error
    if not number.is_finite():
        raise _BadValueError(f"is {shown(value)}; expected a finite number")
    if abs(number) >= _LIMIT:
        raise _BadValueError(_TOO_LARGE)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > PRICE.scale:
        return number.quantize(_PLACES, context=_WIDE)
    return number


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise _BadValueError(f"is {shown(value)}; expected a whole number")
    return int(value)


def _instant(value: Any, form: TimeForm) -> datetime:
    try:
        if form == "rfc3339" and isinstance(value, str):
            moment = datetime.fromisoformat(value)
        elif form == "instant" and isinstance(value, datetime):
            moment = value
        elif form in _EPOCH_UNITS and isinstance(value, int | str) and not isinstance(value, bool):
            number = int(value)
            thousandth = form == "epoch_milliseconds"
            moment = datetime.fromtimestamp(number / 1000 if thousandth else number, UTC)
        else:
            raise _BadValueError(f"is {shown(value)}; expected {_TIME_WORDS[form]}")
    except (ValueError, OverflowError, OSError) as error:
        raise _BadValueError(f"is {shown(value)}; expected {_TIME_WORDS[form]}") from error
    if moment.tzinfo is None:
        raise _BadValueError(f"is {shown(value)}; expected a time with its zone")
    return moment


_TIME_WORDS: Final = {
    "rfc3339": "an RFC 3339 time",
    "instant": "a time",
    "epoch_seconds": "seconds since 1970",
    "epoch_milliseconds": "milliseconds since 1970",
}


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        raise _BadValueError(f"is {shown(value)}; expected a date")
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _BadValueError(f"is {shown(value)}; expected a date as YYYY-MM-DD") from error
