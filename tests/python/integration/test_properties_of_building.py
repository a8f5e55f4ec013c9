"""Whatever minutes a day has: longer bars hold all of them, once, and nothing else.

The models from the verdict on a bar to the marts run over days that hypothesis makes up, on real
sessions: half days, days with a break, days around the change of clocks, days that open the evening
before.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import pytest
from house_kit import House
from hypothesis import given, settings
from hypothesis import strategies as st
from models_kit import Models

MINUTE = timedelta(minutes=1)
SESSIONS = [
    ("XNYS", "2024-01-02"),
    ("XNYS", "2024-03-11"),  # the first after the clocks changed
    ("XNYS", "2024-11-29"),  # closes at 13:00, and trading after it at 17:00
    ("XHKG", "2024-01-02"),  # a break of an hour
    ("XHKG", "2024-12-24"),  # no afternoon
    ("XLON", "2024-12-24"),  # closes at 12:30
    ("CRYPTO", "2024-02-29"),
    ("FX", "2024-03-11"),  # opens on Sunday, in summer and in winter
    ("FX", "2024-11-04"),
]
WIDTHS = {"bars_5m": 5, "bars_15m": 15, "bars_30m": 30, "bars_1h": 60, "bars_4h": 240}
LONGER = [*WIDTHS, "session_bars"]
ROLLUPS = ["rollup_5m", "rollup_15m", "rollup_30m", "rollup_1h", "rollup_4h"]


@pytest.fixture(scope="module")
def models(sample_house: House) -> Iterator[Models]:
    made = Models(sample_house)
    yield made
    made.close()


@pytest.fixture(scope="module")
def sessions(models: Models) -> list[dict[str, Any]]:
    """The sessions to make days of, with the first and the last minute that may trade."""
    found = {
        (row["exchange"], str(row["session_date"])): row
        for row in models.query("select * from core.sessions where session_date >= '2024-01-01'")
    }
    picked = [found[key] for key in SESSIONS]
    for row in picked:
        is_open_outside = row["exchange"] not in ("CRYPTO", "FX")
        around = timedelta(minutes=60 if is_open_outside else 0)
        row["first_at"] = row["pre_open_at"] or row["open_at"] - around
        row["end_at"] = row["post_close_at"] or row["close_at"] + around
    return picked


@st.composite
def days(draw: st.DrawFn) -> tuple[int, list[tuple[float, int]], int]:
    """A session of the list, stretches of minutes in it (where, how long), and a seed of prices."""
    stretches = st.tuples(st.floats(0, 1), st.sampled_from([1, 2, 7, 31]))
    return (
        draw(st.integers(0, len(SESSIONS) - 1)),
        draw(st.lists(stretches, min_size=1, max_size=8)),
        draw(st.integers(0, 999)),
    )


def minutes_of(
    instrument_id: int, session: dict[str, Any], stretches: list[tuple[float, int]], seed: int
) -> list[dict[str, Any]]:
    """The bars of one day, as the verdict gets them."""
    made = random.Random(seed)
    edges = [session[name] for name in ("open_at", "close_at", "break_start_at", "break_end_at")]
    # Rollups keep a bucket that spans midnight UTC in two parts.
    edges.append(datetime.combine(session["first_at"] + timedelta(days=1), time(), UTC))
    count = int((session["end_at"] - session["first_at"]) / MINUTE)
    starts = {edge - MINUTE * early for edge in edges if edge for early in (0, 1)}
    for place, length in stretches:
        first = int(place * (count - 1))
        starts |= {session["first_at"] + MINUTE * (first + step) for step in range(length)}
    rows = []
    for start in sorted(starts):
        if not session["first_at"] <= start < session["end_at"]:
            continue
        prices = sorted(
            Decimal(made.randint(1, 10**9)) / 10 ** made.randint(0, 8) for _ in range(4)
        )
        first, last = made.sample(prices, 2)
        has_volume, has_vwap = made.random() < 0.95, made.random() < 0.95
        rows.append(
            {
                "instrument_id": instrument_id,
                "timeframe": "1m",
                "session_date": session["session_date"],
                "bar_key_at": start,
                "bar_start_at": start,
                "exchange": session["exchange"],
                "open": first,
                "high": prices[-1],
                "low": prices[0],
                "close": last,
                "vwap": prices[1] if has_vwap else None,
                "volume": Decimal(made.randint(0, 10**7)) / 1000 if has_volume else None,
                "trade_count": made.randint(0, 99),
                "session_scope": "extended",
                "is_final": True,
                "is_basis_uncertain": False,
                "is_pending": True,
                "is_listed": True,
                "provider": "files",
                "provider_priority": 10,
                "fetched_at": datetime(2025, 1, 1, tzinfo=UTC),
            }
        )
    return rows


def answers(
    models: Models, sessions: list[dict[str, Any]], winners: list[dict[str, Any]], width: int
) -> dict[str, list[dict[str, Any]]]:
    """What each model makes of the winners, in one statement."""
    keys = "instrument_id, session_date, session_scope"
    values = "open, high, low, close, vwap, volume, trade_count"
    minutes = f"{keys}, bar_start_at, {values}, null::numeric as notional, 1 as minute_count"
    bars = f"{keys}, bar_start_at, {values}, null, minute_count"
    day = f"instrument_id, session_date, 'regular', null, {values}, null, null"
    # The aggregates of a day, put together once more: their buckets have no start of their own.
    whole = (
        f"{keys}, null, first(open, session_minute), max(high), min(low),"
        " last(close, session_minute), null, sum(volume), sum(trade_count), sum(notional),"
        " sum(minute_count)"
    )
    parts = [f"select 'bars_1m' as name, {minutes} from {{bars_1m}}"]
    parts += [f"select '{name}', {bars} from {{{name}}}" for name in LONGER]
    parts += [f"select '{name}', {whole} from {{{name}}} group by {keys}" for name in ROLLUPS]
    parts.append(f"select 'days_from_minutes', {day} from {{days_from_minutes}}")
    ids = {row["instrument_id"]: row["exchange"] for row in winners}
    rows = models.run(
        " union all ".join(parts),
        {
            "int_bars__raw_basis": winners,
            "int_bars__rebased": [],
            "stg_quarantined_days": [],
            "sessions": sessions,
            "instruments": [{"instrument_id": i, "exchange": name} for i, name in ids.items()],
            "symbol_history": [
                {
                    "instrument_id": i,
                    "symbol": f"S{i}",
                    "valid_from_date": "0001-01-01",
                    "valid_to_date": "9999-12-31",
                }
                for i in ids
            ],
        },
        arguments={"width_minutes": width},
    )
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.pop("name")].append(row)
    return grouped


def together(minutes: list[dict[str, Any]]) -> dict[str, Any]:
    """One bar of these minutes, which are in order."""

    def total(values: Iterator[Any]) -> Any:
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    volume = total(row["volume"] for row in minutes)
    covered = total(row["volume"] for row in minutes if row["vwap"] is not None)
    with localcontext(prec=80):
        priced = (row for row in minutes if None not in (row["vwap"], row["volume"]))
        notional = total(row["vwap"] * row["volume"] for row in priced)
        has_vwap = volume and covered == volume
        vwap = (notional / volume).quantize(Decimal("1e-12"), ROUND_HALF_UP) if has_vwap else None
    return {
        "open": minutes[0]["open"],
        "high": max(row["high"] for row in minutes),
        "low": min(row["low"] for row in minutes),
        "close": minutes[-1]["close"],
        "vwap": vwap,
        "volume": volume,
        "trade_count": sum(row["trade_count"] for row in minutes),
        "notional": notional,
        "minute_count": len(minutes),
    }


def seen(row: dict[str, Any], *left_out: str) -> dict[str, Any]:
    names = ["open", "high", "low", "close", "vwap", "volume", "trade_count", "notional"]
    names.append("minute_count")
    return {name: row[name] for name in names if name not in left_out}


@settings(max_examples=40)
@given(made=st.lists(days(), min_size=1, max_size=5), width=st.integers(1, 400) | st.just(65))
def test_longer_bars_hold_each_minute_of_a_day_once(
    models: Models,
    sessions: list[dict[str, Any]],
    made: list[tuple[int, list[tuple[float, int]], int]],
    width: int,
) -> None:
    winners = [
        row
        for number, (place, stretches, seed) in enumerate(made)
        for row in minutes_of(number, sessions[place], stretches, seed)
    ]
    closes = {number: sessions[place]["close_at"] for number, (place, *_) in enumerate(made)}
    found = answers(models, sessions, winners, width)
    parts = defaultdict(list)
    for row in sorted(found["bars_1m"], key=lambda row: row["bar_start_at"]):
        parts[row["instrument_id"], row["session_scope"]].append(row)
    assert sum(map(len, parts.values())) == len(winners)

    for name, length in {**WIDTHS, "session_bars": width}.items():
        counted = 0
        for bar in found[name]:
            scope, end = bar["session_scope"], bar["bar_start_at"] + MINUTE * length
            if scope == "regular":
                end = min(end, closes[bar["instrument_id"]])
            minutes = [
                row
                for row in parts[bar["instrument_id"], scope]
                if bar["bar_start_at"] <= row["bar_start_at"] < end
            ]
            assert minutes, (name, bar)
            assert seen(bar, "notional") == seen(together(minutes), "notional"), (name, bar)
            counted += len(minutes)
        assert counted == len(winners), name
    for key, minutes in parts.items():
        expected = together(minutes)
        for name in ROLLUPS:
            (whole,) = [
                row for row in found[name] if (row["instrument_id"], row["session_scope"]) == key
            ]
            assert seen(whole, "vwap") == seen(expected, "vwap"), name
        if key[1] == "regular":
            (day,) = [row for row in found["days_from_minutes"] if row["instrument_id"] == key[0]]
            left_out = ("notional", "minute_count")
            assert seen(day, *left_out) == seen(expected, *left_out)
