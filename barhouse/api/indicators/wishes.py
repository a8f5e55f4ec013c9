"""Which indicators a user asked for, and how many bars before the first one they need."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from barhouse.api.choices import nearest, shown
from barhouse.api.indicators import formulas
from barhouse.errors import BarhouseError

_LONGEST: Final = 5000
#: How much of the first bar may still be felt.
_FELT: Final = 1e-13


def _fading(alpha: float) -> int:
    return math.ceil(math.log(_FELT) / math.log(1 - alpha)) if alpha < 1 else 0


def _ema_bars(n: int) -> int:
    return n + _fading(2 / (n + 1))


def _wilder_bars(n: int) -> int:
    return n + 1 + _fading(1 / n)


@dataclass(frozen=True)
class _Kind:
    formula: Callable[..., None]
    defaults: tuple[float, ...]
    #: Bars before the first one asked for; none for all there are.
    bars: Callable[..., int | None]
    least: int = 1
    #: What the names of its columns end with.
    endings: tuple[str, ...] = ("",)


KINDS: Final = {
    "SMA": _Kind(formulas.sma, (20,), lambda n: n - 1),
    "EMA": _Kind(formulas.ema, (20,), _ema_bars),
    "WMA": _Kind(formulas.wma, (20,), lambda n: n - 1),
    "RSI": _Kind(formulas.rsi, (14,), _wilder_bars, least=2),
    "MACD": _Kind(
        formulas.macd,
        (12, 26, 9),
        lambda *n: _ema_bars(n[1]) + _ema_bars(n[2]),
        endings=("", "_SIGNAL", "_HIST"),
    ),
    "BBANDS": _Kind(
        formulas.bbands,
        (20, 2),
        lambda *n: n[0] - 1,
        least=2,
        endings=("_LOWER", "_MIDDLE", "_UPPER"),
    ),
    "ATR": _Kind(formulas.atr, (14,), _wilder_bars),
    "ADX": _Kind(formulas.adx, (14,), lambda n: 2 * _wilder_bars(n), least=2),
    "STOCH": _Kind(formulas.stoch, (14, 3, 3), lambda *n: sum(n), endings=("_K", "_D")),
    "OBV": _Kind(formulas.obv, (), lambda: None),
    "VWAP": _Kind(formulas.vwap, (), lambda: 0),
    "VOL": _Kind(formulas.vol, (20,), lambda n: n, least=2),
    "RETURN": _Kind(formulas.returned, (1,), lambda n: n),
    "LOGRETURN": _Kind(formulas.logreturn, (1,), lambda n: n),
}


@dataclass(frozen=True)
class Wish:
    """An indicator that was asked for.

    Attributes:
        name: In capitals; its columns begin with it.
        kind: The indicator, without its parameters.
        parameters: Its parameters.
    """

    name: str
    kind: str
    parameters: tuple[float, ...]

    @property
    def bars_before(self) -> int | None:
        """Bars it needs before the first one asked for; none for all there are."""
        return KINDS[self.kind].bars(*self.parameters)

    @property
    def columns(self) -> list[str]:
        """Names of its columns."""
        return [f"{self.name}{ending}" for ending in KINDS[self.kind].endings]

    def fill(self, bars: formulas.Bars, rows: formulas.Rows) -> None:
        """Work its columns out.

        Args:
            bars: Columns of the bars by name, in ascending order.
            rows: As long as those, one for each of its columns; what they hold is written over.
        """
        KINDS[self.kind].formula(bars, rows, *self.parameters)


def wishes_of(indicators: object) -> list[Wish]:
    """Return the indicators that were asked for.

    Args:
        indicators: Names such as ``SMA_20``, ``MACD`` or ``BBANDS_20_2``; the case does not matter.

    Raises:
        BarhouseError: One is unknown, or has parameters that make no sense.
    """
    names = [indicators] if isinstance(indicators, str) else indicators
    if not isinstance(names, Iterable) or not (given := list(names)):
        raise BarhouseError(
            f"indicators is {shown(indicators)}; expected a list such as ['SMA_20', 'RSI_14']."
        )
    return list(dict.fromkeys(_wish_of(name) for name in given))


@lru_cache(maxsize=512)
def _wish_of(given: object) -> Wish:
    name = str(given).upper()
    word, _, rest = name.partition("_")
    if not isinstance(given, str) or word not in KINDS:
        near = nearest(re.sub(r"[^A-Z]", "", word), KINDS, 3) or sorted(KINDS)
        said = "the nearest are" if len(near) < len(KINDS) else "there are"
        raise BarhouseError(f"There is no indicator {shown(given)}; {said} {', '.join(near)}.")
    kind = KINDS[word]
    if not rest and "_" not in name:
        return Wish(name, word, kind.defaults)
    texts = rest.split("_")
    usual = "_".join([word, *(f"{value:g}" for value in kind.defaults)])
    if len(texts) != len(kind.defaults) or not all(
        re.fullmatch(r"\d{1,5}(\.\d{1,6})?", text) for text in texts
    ):
        raise BarhouseError(f"The indicator {shown(given)} cannot be read; expected {usual}.")
    parameters: list[float] = []
    for place, text in enumerate(texts):
        value = float(text)
        # Only the width of bands may have a fraction.
        is_width = word == "BBANDS" and place == 1
        least = 0 if is_width else kind.least if place == 0 else 1
        if (not is_width and not value.is_integer()) or not least <= value <= _LONGEST:
            raise BarhouseError(
                f"The indicator {shown(given)} has the parameter {text}; expected a whole number "
                f"from {least} to {_LONGEST}, as in {usual}."
            )
        parameters.append(value if is_width else int(value))
    if word == "MACD" and parameters[0] >= parameters[1]:
        raise BarhouseError(
            f"The indicator {shown(given)} has a quick mean that is not shorter than its slow one; "
            f"expected the shorter first, as in {usual}."
        )
    return Wish(name, word, tuple(parameters))
