"""Whatever order loads come in, and however often: the core ends up the same.

Loads that hypothesis makes up land and are built for real. Each story is told several times, as
one symbol each: in another order, with other repetitions, cut into builds at other places.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, count
from pathlib import Path
from typing import Any

import pytest
from house_kit import House
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from test_actions_kit import Reporter
from test_bad_input_kit import house_in

OPEN = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
DAYS = [OPEN, OPEN + timedelta(days=1)]
Key = tuple[str, datetime]
# Two days of four minutes in two bars of 5m, of two hours, and themselves.
KEYS: list[Key] = [
    *[("1m", day + timedelta(minutes=minute)) for day in DAYS for minute in (0, 1, 2, 5)],
    *[("1h", day + timedelta(hours=hour)) for day in DAYS for hour in (0, 1)],
    *[("1d", datetime.combine(day, time(5), UTC)) for day in DAYS],
]
# The better one first (seeds/provider_priority.csv).
PROVIDERS = ["files", "polygon", "alpaca"]
#: Loads per build.
ROUNDS = [2, 3]
TELLINGS = count(1)


@dataclass(frozen=True)
class Report:
    """What one provider says of one bar; it says the same whenever it says it."""

    provider: str
    key: Key
    is_final: bool = True
    is_bad: bool = False
    is_correction: bool = False

    def values(self, story: int) -> dict[str, Any]:
        made = random.Random(f"{story} {self}")
        prices = sorted(Decimal(made.randint(100, 9999)) / 100 for _ in range(4))
        low, high = prices[0], prices[-1]
        return {
            "open": prices[made.randint(1, 2)],
            "high": low - 1 if self.is_bad else high,
            "low": low,
            "close": prices[made.randint(1, 2)],
            "volume": Decimal(made.randint(0, 999)),
            "is_final": self.is_final,
            "provider": self.provider,
        }


@dataclass(frozen=True)
class Story:
    """Loads of one instrument, and its tellings: for each slot, which of the loads come in it."""

    loads: list[list[Report]]
    corrections: list[Report]
    tellings: list[list[set[int]]]

    def ending(self) -> dict[Key, Report]:
        """The bar that should stand: the best provider's, a final one before one in progress."""
        best: dict[Key, Report] = {}
        for report in chain(*self.loads, self.corrections):
            stands = best.get(report.key)
            if stands is None or self._rank(report) < self._rank(stands):
                best[report.key] = report
        return best

    @staticmethod
    def _rank(report: Report) -> tuple[int, bool, bool]:
        return PROVIDERS.index(report.provider), not report.is_final, not report.is_correction


@st.composite
def stories(draw: st.DrawFn) -> Story:
    reports = st.builds(
        Report, st.sampled_from(PROVIDERS), st.sampled_from(KEYS), st.sampled_from([True, False])
    )
    loads = draw(st.lists(st.lists(reports, min_size=4, max_size=16), min_size=2, max_size=4))
    correction = st.builds(
        Report, st.just(PROVIDERS[0]), st.sampled_from(KEYS), is_correction=st.just(True)
    )
    some = st.sets(st.integers(0, len(loads) - 1), max_size=2)
    slots = st.lists(some, min_size=sum(ROUNDS), max_size=sum(ROUNDS))
    tellings = draw(st.lists(slots, min_size=5, max_size=5))
    for telling in tellings:
        for load in set(range(len(loads))) - set.union(*telling):
            telling[draw(st.integers(0, sum(ROUNDS) - 1))].add(load)
        # One more load, before the last build: it holds days back until they are judged anew.
        telling[draw(st.integers(0, ROUNDS[0] - 1))].add(len(loads))
    # The last provider prints nonsense now and then, about bars that a better one knows.
    known = sorted({r.key for load in loads for r in load if r.provider != PROVIDERS[-1]})
    bad = [Report(PROVIDERS[-1], key, is_bad=True) for key in known]
    loads.append(draw(st.lists(st.sampled_from(bad), max_size=1)) if bad else [])
    return Story(loads, draw(st.lists(correction, max_size=3)), tellings)


@pytest.fixture(scope="module")
def shared_house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = house_in(tmp_path_factory.mktemp("loading"), template)
    yield house
    house.stop()


def bar(symbol: str, story: int, report: Report) -> dict[str, Any]:
    timeframe, start = report.key
    return {
        **report.values(story),
        "provider_symbol": symbol,
        "feed": "test",
        "currency": "USD",
        "timeframe": timeframe,
        "bar_start_at": start,
        "session_date": date(start.year, start.month, start.day) if timeframe == "1d" else None,
        "source_timestamp": str(start),
        "volume_unit": "shares",
        "price_basis": "raw",
        "session_scope": "regular",
    }


def tell(house: House, told: dict[str, tuple[int, Story, list[set[int]]]]) -> None:
    """Land every telling slot by slot; what is corrected comes last of all."""
    slot = 0
    for loads in ROUNDS:
        for _ in range(loads):
            rows = [
                bar(symbol, number, report)
                for symbol, (number, story, telling) in told.items()
                for load in telling[slot]
                for report in story.loads[load]
            ]
            slot += 1
            if slot == sum(ROUNDS):
                land(house, rows)
                rows = [
                    bar(symbol, number, report)
                    for symbol, (number, story, _) in told.items()
                    for report in story.corrections
                ]
            land(house, rows)
        report = house.build()
        assert report.failures == []


def land(house: House, rows: list[dict[str, Any]]) -> None:
    if rows:
        Reporter("test", tables={"raw_bars": rows}).land(house)


BARS = """
    select instruments.symbol, bars.timeframe, bars.bar_start_at, bars.session_date,
        bars.provider, bars.is_final, trim_scale(bars.open), trim_scale(bars.high),
        trim_scale(bars.low), trim_scale(bars.close), trim_scale(bars.volume)
    from core.instruments
    inner join (
        select instrument_id, '1m' as timeframe, bar_start_at, session_date, provider, is_final,
            open, high, low, close, volume from core.bars_1m
        union all
        select instrument_id, timeframe, bar_start_at, session_date, provider, is_final,
            open, high, low, close, volume from core.bars_intraday
        union all
        select instrument_id, '1d', null, session_date, provider, is_final,
            open, high, low, close, volume from core.bars_1d
    ) as bars using (instrument_id)
    where instruments.symbol = any(%s)
"""
BUCKETS = """
    select symbol, bar_start_at, open, high, low, close, volume, minute_count, is_final
    from marts.bars_5m where symbol = any(%s)
"""


def by_symbol(rows: list[tuple]) -> dict[str, set[tuple]]:
    grouped: dict[str, set[tuple]] = {}
    for symbol, *values in rows:
        seen = grouped.setdefault(symbol, set())
        assert tuple(values) not in seen
        seen.add(tuple(values))
    return grouped


def expected_bars(number: int, story: Story) -> set[tuple]:
    return {
        (
            timeframe,
            None if timeframe == "1d" else start,
            start.date(),
            report.provider,
            report.is_final,
            *(report.values(number)[name] for name in ("open", "high", "low", "close", "volume")),
        )
        for (timeframe, start), report in story.ending().items()
    }


# One example is 40 instruments and two builds, so it is not made smaller when it fails.
@settings(
    max_examples=1,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(made=st.lists(stories(), min_size=8, max_size=8))
def test_any_order_and_repetition_of_loads_gives_the_same_core(
    shared_house: House, made: list[Story]
) -> None:
    tellings = [telling for story in made for telling in story.tellings]
    assume(len({str(telling) for telling in tellings}) > len(tellings) / 2)
    run = next(TELLINGS)
    told = {
        f"R{run}S{number}T{place}": (number, story, telling)
        for number, story in enumerate(made)
        for place, telling in enumerate(story.tellings)
    }
    tell(shared_house, told)

    symbols = list(told)
    bars = by_symbol(shared_house.query(BARS, symbols))
    buckets = by_symbol(shared_house.query(BUCKETS, symbols))
    for symbol, (number, story, telling) in told.items():
        assert bars[symbol] == expected_bars(number, story), (symbol, telling)
        first = f"R{run}S{number}T0"
        assert buckets.get(symbol) == buckets.get(first), (symbol, telling)
    waiting = "select * from quality.quarantine where symbol = any(%s) and state = 'open'"
    assert shared_house.query(waiting, symbols) == []
    # Something was held back and came back, and something was revised, or this proves little.
    cleared = "select count(*) from quality.quarantine where symbol = any(%s) and state = 'cleared'"
    assert shared_house.query(cleared, symbols)[0][0] > 0
    assert shared_house.query("select count(*) from core.bar_revisions")[0][0] > 0
