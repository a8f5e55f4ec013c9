"""What a run is asked for: the options of the command line and of ``config/sources.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, get_args

from extract.api.feed import Dataset
from extract.api.terms import Terms
from extract.landing import symbol_problem
from extract.providers import MisconfiguredError

_OPTIONS: Final = (
    "symbols",
    "preset",
    "universe",
    "timeframes",
    "start",
    "end",
    "datasets",
    "refetch",
)
DEFAULT_TIMEFRAMES: Final = ("1d",)
DEFAULT_DATASETS: Final[tuple[Dataset, ...]] = ("bars", "actions")


@dataclass(frozen=True)
class Wish:
    """What is wanted from one provider.

    Attributes:
        symbols: Spellings, ours or the provider's.
        groups: Presets and universes of ``config``.
        timeframes: E.g. ``("1m", "1d")``.
        start: First date wanted; ``None`` for a year of days or a month of minutes.
        end: Date after the last one; ``None`` for up to now.
        datasets: ``bars``, ``actions``, ``assets``.
        refetch: Whether to ask again for what is in the ledger.
    """

    symbols: Sequence[str]
    groups: Sequence[str]
    timeframes: Sequence[str]
    start: date | None
    end: date | None
    datasets: Sequence[Dataset]
    refetch: bool


def read_wish(options: Mapping[str, Any], terms: Terms) -> Wish:
    """Check the options of a run.

    Args:
        options: Names and values, from the command line or ``config/sources.yaml``.
        terms: The provider's.

    Raises:
        MisconfiguredError: An option is unknown or cannot be used.
    """
    for name in options:
        if name not in _OPTIONS:
            near = difflib.get_close_matches(name, _OPTIONS, n=1)
            raise MisconfiguredError(
                f"{terms.name} has no option `{name}`; expected some of {', '.join(_OPTIONS)}"
                + (f". Did you mean `{near[0]}`?" if near else ".")
            )
    wish = Wish(
        symbols=_texts(options, "symbols", terms),
        groups=[*_texts(options, "preset", terms), *_texts(options, "universe", terms)],
        timeframes=_texts(options, "timeframes", terms) or DEFAULT_TIMEFRAMES,
        start=_date(options, "start", terms),
        end=_date(options, "end", terms),
        datasets=_datasets(options, terms),
        refetch=bool(options.get("refetch", False)),
    )
    for timeframe in wish.timeframes:
        if timeframe not in terms.windows:
            raise MisconfiguredError(
                f"{terms.name} has no timeframe '{timeframe[:20]}'; "
                f"expected some of {', '.join(terms.windows)}."
            )
    for symbol in wish.symbols:
        if problem := symbol_problem(symbol):
            raise MisconfiguredError(
                f"{terms.name} cannot be asked for '{symbol[:64]}': {problem}. Correct the symbol."
            )
    if wish.start and wish.end and wish.start >= wish.end:
        raise MisconfiguredError(
            f"{terms.name} was asked for {wish.start} to {wish.end}; expected a start before the "
            "end, which is exclusive."
        )
    if not wish.symbols and not wish.groups and set(wish.datasets) != {"assets"}:
        raise MisconfiguredError(
            f"{terms.name} needs to know which symbols: give `symbols`, or a `preset` or "
            "`universe` of config/."
        )
    return wish


def _texts(options: Mapping[str, Any], name: str, terms: Terms) -> list[str]:
    value = options.get(name)
    if value is None:
        return []
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        # YAML reads NO, ON and 1e5 as something else than text.
        raise MisconfiguredError(
            f"{terms.name} has `{name}` {value!r}; expected text or a list of texts. "
            'Put symbols such as "ON" in quotes.'
        )
    # Keep the order, drop repeats.
    return list(dict.fromkeys(items))


def _date(options: Mapping[str, Any], name: str, terms: Terms) -> date | None:
    value = options.get(name)
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise MisconfiguredError(
            f"{terms.name} has `{name}` '{str(value)[:40]}'; expected a date as YYYY-MM-DD."
        ) from error


def _datasets(options: Mapping[str, Any], terms: Terms) -> Sequence[Dataset]:
    names = _texts(options, "datasets", terms)
    known = get_args(Dataset)
    for name in names:
        if name not in known:
            raise MisconfiguredError(
                f"{terms.name} has no dataset '{name[:20]}'; expected some of {', '.join(known)}."
            )
        offered = {"bars": True, "actions": terms.has_actions, "assets": terms.has_assets}[name]
        if not offered:
            raise MisconfiguredError(f"{terms.name} does not report {name}; ask another provider.")
    return [name for name in known if name in names] or DEFAULT_DATASETS
