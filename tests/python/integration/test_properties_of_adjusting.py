"""Whatever splits and dividends an instrument has: prices follow the rule in docs/numbers.md.

The models from what providers report to the adjusted days run over actions that hypothesis makes
up. What is expected is computed here, in fractions.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from house_kit import House
from hypothesis import given, settings
from hypothesis import strategies as st
from models_kit import Models

FIRST = date(2024, 1, 1)
DAY = timedelta(days=1)
RATIOS = ["2", "3", "1.5", "0.1", "0.05", "7"]
AMOUNTS = ["0.01", "0.35", "2.5", "9", "60"]
Event = tuple[date, str | None, tuple[str, ...]]


@pytest.fixture(scope="module")
def models(sample_house: House) -> Iterator[Models]:
    made = Models(sample_house)
    yield made
    made.close()


@dataclass(frozen=True)
class History:
    """Closes by day, and what happened on which ex-date: a split ratio and cash dividends."""

    closes: dict[date, str]
    events: list[Event]
    has_ids: bool

    def factors(self, day: date, until: date) -> tuple[Fraction, Fraction]:
        """By what a close of the day is divided, and multiplied, for the events up to a day."""
        ratio = factor = Fraction(1)
        for ex_date, split, amounts in self.events:
            if day < ex_date <= min(until, max(self.closes)):
                ratio *= Fraction(split or 1)
                factor *= 1 - self.yield_of(ex_date, split, amounts)
        return ratio, factor

    def yield_of(self, ex_date: date, split: str | None, amounts: tuple[str, ...]) -> Fraction:
        """What share of the close before it a dividend pays; nothing where it is held back."""
        before = [day for day in self.closes if ex_date - 10 * DAY <= day < ex_date]
        if not before:
            return Fraction(0)
        close = Fraction(self.closes[max(before)]) / Fraction(split or 1)
        paid = sum(map(Fraction, amounts)) / close
        return paid if paid < 1 else Fraction(0)

    def gain(self, before: date, day: date) -> tuple[Fraction, Fraction]:
        """What one share has become since a day, and the cash that came on the way."""
        shares, cash = Fraction(1), Fraction(0)
        for ex_date, split, amounts in self.events:
            if before < ex_date <= day:
                shares *= Fraction(split or 1)
                is_paid = self.yield_of(ex_date, split, amounts) > 0
                cash += sum(map(Fraction, amounts)) * shares if is_paid else 0
        return shares, cash


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Some weeks of closes, with gaps; ex-dates may lie in a gap, before the first or after all."""
    steps = draw(st.lists(st.sampled_from([1, 1, 1, 3, 12]), min_size=3, max_size=15))
    day, closes = FIRST, {}
    for step in steps:
        day += step * DAY
        closes[day] = str(draw(st.integers(5_000, 100_000)) / 1000)
    # Events of one kind less than four days apart may be one that two providers date differently.
    has_ids = draw(st.booleans())
    amounts = st.lists(st.sampled_from(AMOUNTS), max_size=3, unique=not has_ids).map(tuple)
    splits = st.none() | st.none() | st.sampled_from(RATIOS)
    events: list[Event] = []
    for ex_date in [FIRST + 4 * place * DAY for place in range(-1, (day - FIRST).days // 4 + 2)]:
        split, paid = draw(splits), draw(amounts)
        if split or paid:
            events.append((ex_date, split, paid))
    return History(closes, events, has_ids)


def reported(
    instrument_id: int, history: History, order: random.Random | None
) -> dict[str, list[dict[str, Any]]]:
    """The rows that loads bring: one load in order, or several that repeat each other in none."""
    loads: list[list[Event]] = [list(history.events)]
    if order is not None:
        loads = [order.sample(history.events, order.randint(0, len(history.events)))]
        loads += [order.sample(history.events, len(history.events)), *loads]
    rows: dict[str, list[dict[str, Any]]] = {"stg_splits": [], "stg_dividends": []}
    for number, events in enumerate(loads):
        for ex_date, split, amounts in events:
            row = {
                "provider": "polygon",
                "provider_symbol": f"S{instrument_id}",
                "asset_class": "equity",
                "ex_date": ex_date,
                "derivation": "reported",
                "load_id": f"load {number}",
                "loaded_at": f"2025-01-01 00:00:0{number}+00",
                "fetched_at": f"2025-01-01 00:00:0{number}+00",
            }
            if split:
                rows["stg_splits"].append({**row, "split_ratio": split})
            rows["stg_dividends"] += [
                {
                    **row,
                    "dividend_amount": amount,
                    "currency": "USD",
                    "amount_basis": "raw",
                    "event_id": f"{ex_date} {place}" if history.has_ids else None,
                }
                for place, amount in enumerate(amounts)
            ]
    if order is not None:
        for table in rows.values():
            order.shuffle(table)
    return rows


def given_rows(histories: list[History], seed: int) -> dict[str, list[dict[str, Any]]]:
    """All histories, each twice: 2n is reported in order, 2n + 1 is not."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place in range(2 * len(histories)):
        history = histories[place // 2]
        order = random.Random(seed + place) if place % 2 else None
        for table, found in reported(place, history, order).items():
            rows[table] += found
        spelling = {"provider": "polygon", "asset_class": "equity", "provider_symbol": f"S{place}"}
        rows["int_symbols__placed"].append(
            {**spelling, "instrument_id": place, "is_always": True, "provider_priority": 20}
        )
        rows["instruments"].append({"instrument_id": place})
        rows["symbol_history"].append(
            {
                "instrument_id": place,
                "symbol": f"S{place}",
                "valid_from_date": "0001-01-01",
                "valid_to_date": "9999-12-31",
            }
        )
        for day, close in history.closes.items():
            prices = dict.fromkeys(("open", "high", "low", "close"), close)
            bar = {"instrument_id": place, "session_date": day, "volume": 1000, **prices}
            rows["bars_1d"].append({**bar, "is_final": True, "provider": "polygon"})
    # Nobody decided, nothing traded around an ex-date, and nothing was restated.
    empty = (
        "int_actions__overrides",
        "int_actions__prices",
        "int_actions__split_basis",
        "days_from_minutes",
    )
    return {name: rows[name] for name in ("stg_splits", "stg_dividends", *empty, *rows)}


QUESTION = """
    select 'adjusted' as name, instrument_id, session_date, close, raw_close, volume,
        split_factor, dividend_factor, null::float as total_return
    from {bars_1d_adjusted}
    union all
    select 'split', instrument_id, session_date, close, raw_close, volume, split_factor, 1, null
    from {bars_1d_split_adjusted}
    union all
    select 'as of', instrument_id, session_date, close, raw_close, volume, split_factor,
        dividend_factor, null
    from {bars_1d_adjusted_as_of}
    union all
    select 'return', instrument_id, session_date, close, null, null, null, null, total_return
    from {returns_1d}
"""


def near(value: float, expected: Fraction) -> bool:
    return math.isclose(value, expected, rel_tol=1e-12, abs_tol=1e-15)


@settings(max_examples=40)
@given(
    made=st.lists(histories(), min_size=1, max_size=4),
    as_of=st.integers(1, 40),
    seed=st.integers(0, 999),
)
def test_adjusted_days_follow_the_events_whatever_order_they_come_in(
    models: Models, made: list[History], as_of: int, seed: int
) -> None:
    day_asked = FIRST + as_of * DAY
    arguments = {"as_of_date": f"date '{day_asked}'"}
    found: dict[tuple[str, int], dict[date, dict[str, Any]]] = defaultdict(dict)
    for row in models.run(QUESTION, given_rows(made, seed), arguments=arguments):
        days_found, day = found[row.pop("name"), row.pop("instrument_id")], row.pop("session_date")
        assert day not in days_found
        days_found[day] = row

    for place, history in enumerate(made):
        days = sorted(history.closes)
        for name in ("adjusted", "split", "as of", "return"):
            # The order of the reports, and how often they are repeated, changes no digit.
            assert found[name, 2 * place] == found[name, 2 * place + 1], name
        known = [day for day in days if day <= day_asked]
        assert sorted(found["adjusted", 2 * place]) == sorted(found["split", 2 * place]) == days
        assert sorted(found["as of", 2 * place]) == known
        for day in days:
            raw = Fraction(history.closes[day])
            checks = [("adjusted", date.max), ("split", date.max)]
            checks += [("as of", day_asked)] if day in known else []
            for name, until in checks:
                row = found[name, 2 * place][day]
                ratio, factor = history.factors(day, until)
                if name == "split":
                    factor = Fraction(1)
                assert near(row["close"], raw / ratio * factor), (name, day, row)
                assert near(row["volume"], 1000 * ratio), (name, day, row)
                # Taken back by its own factors, it is what was traded.
                assert Fraction(row["raw_close"]) == raw
                back = Fraction(row["split_factor"]) * Fraction(row["dividend_factor"])
                assert near(row["close"] / back, raw), (name, day, row)
        for before, day in pairwise(days):
            shares, cash = history.gain(before, day)
            close, previous = Fraction(history.closes[day]), Fraction(history.closes[before])
            expected = (close * shares + cash) / previous - 1
            seen = found["return", 2 * place][day]["total_return"]
            assert math.isclose(seen, expected, rel_tol=1e-12, abs_tol=1e-12), day
