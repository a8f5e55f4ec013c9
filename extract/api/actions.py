"""From splits and dividends as a provider wrote them to rows of the landing tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from extract.api.bars import Reject
from extract.api.feed import Actions, Dividend, Split, Window, dates_of
from extract.api.values import dates, decimals, shown

Rows = list[dict[str, Any]]


def landed_actions(actions: Actions, window: Window) -> tuple[Rows, Rows, list[Reject]]:
    """Check and convert the actions of one listing.

    Args:
        actions: As the provider wrote them.
        window: What was asked for; an ex-date outside it is rejected.

    Returns:
        Rows of ``raw_splits`` and of ``raw_dividends`` without their lineage, and the rejects.
    """
    rejects: list[Reject] = []
    splits = []
    for split, row in _checked(actions.splits, "ratio", "split_ratio", window, rejects):
        splits.append(row | {"event_id": split.event_id})
    dividends = []
    for dividend, row in _checked(actions.dividends, "amount", "dividend_amount", window, rejects):
        dividends.append(
            row
            | {
                "currency": dividend.currency or window.listing.currency,
                "amount_basis": dividend.amount_basis,
                "event_id": dividend.event_id,
            }
        )
    return splits, dividends, rejects


def _checked(
    reported: Sequence[Any], field: str, column: str, window: Window, rejects: list[Reject]
) -> list[tuple[Any, dict[str, Any]]]:
    listing = window.listing
    first, last = dates_of(window)
    kept = []
    for action in reported:
        problem, row = _read(action, field, column)
        if problem is None and not first <= row["ex_date"] <= last:
            problem = (
                "ex_date",
                f"ex_date is {row['ex_date']}; expected one from {first} to {last}",
            )
        if problem:
            name, reason = problem
            value = action.ex_date if name == "ex_date" else getattr(action, field)
            record = json.dumps(asdict(action), default=str)
            rejects.append(Reject(name, shown(value), reason, record))
            continue
        row |= {
            "provider_symbol": listing.provider_symbol,
            "asset_class": listing.asset_class,
            "exchange": listing.exchange,
            "derivation": "reported",
        }
        kept.append((action, row))
    return kept


def _read(
    action: Split | Dividend, field: str, column: str
) -> tuple[tuple[str, str] | None, dict[str, Any]]:
    value = getattr(action, field)
    days, day_problems = dates([action.ex_date])
    if day_problems:
        return ("ex_date", f"ex_date {day_problems[0]}"), {}
    numbers, problems = decimals([value], "text" if isinstance(value, str) else "number")
    if problems:
        return (column, f"{column} {problems[0]}"), {}
    return None, {"ex_date": days[0].as_py(), column: numbers[0].as_py()}


def content(splits: Sequence[Mapping[str, Any]], dividends: Sequence[Mapping[str, Any]]) -> Any:
    """Return what makes an answer new: its actions in any order.

    Args:
        splits: Rows of ``raw_splits``.
        dividends: Rows of ``raw_dividends``.
    """
    return [
        sorted(json.dumps(row, default=str, sort_keys=True) for row in rows)
        for rows in (splits, dividends)
    ]
