"""Whatever minute it is: a bar belongs to the session that it lies in, and to one part of it.

The models from landing to the verdict place it by the local date of its exchange; here it is looked
for among all sessions, by their hours.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from house_kit import House
from hypothesis import given, settings
from hypothesis import strategies as st
from models_kit import Models

MINUTE = timedelta(minutes=1)
FIRST, LAST = datetime(2009, 1, 6, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)
# What no bar of this test has been through.
UNUSUAL = (
    "discarded_requests",
    "int_bars__reconsidered",
    "int_bars__rebased",
    "int_bars__rejected",
    "int_actions__split_basis",
)
LENGTHS = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240}
EDGES = ["open_at", "close_at", "break_start_at", "break_end_at", "pre_open_at", "post_close_at"]


@pytest.fixture(scope="module")
def models(sample_house: House) -> Iterator[Models]:
    made = Models(sample_house)
    yield made
    made.close()


class Calendar:
    """The hours of all sessions, and what the seed says of their exchanges."""

    def __init__(self, models: Models) -> None:
        self.exchanges = {
            row["exchange"]: row for row in models.query("select * from prep.exchanges")
        }
        self.sessions: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in models.query(
            "select * from core.sessions where open_at between %s and %s order by open_at",
            FIRST - timedelta(days=5),
            LAST + timedelta(days=5),
        ):
            self.sessions[row["exchange"]].append(row)
        self._opens = {
            name: [row["open_at"] for row in rows] for name, rows in self.sessions.items()
        }
        self._parts: dict[tuple[str, int], list[tuple[Any, str, datetime, datetime]]] = {}

    def found(self, exchange: str, start: datetime) -> tuple[Any, str]:
        """Day and part of the session whose hours, extended ones too, hold this minute."""
        near = bisect(self._opens[exchange], start)
        held = [
            (day, part)
            for place in range(near - 2, near + 2)
            for day, part, first, end in self._parts_of(exchange, place)
            if first <= start < end
        ]
        assert len(held) <= 1, (exchange, start, held)
        return held[0] if held else (None, "")

    def local_day(self, exchange: str, start: datetime) -> date:
        """The day that an instant is on at the exchange."""
        zone, shift = self._clock(exchange)
        return (start.astimezone(zone).replace(tzinfo=None) + shift).date()

    def _clock(self, exchange: str) -> tuple[ZoneInfo, timedelta]:
        named = self.exchanges[exchange]
        return ZoneInfo(named["timezone"]), timedelta(hours=named["session_offset_hours"])

    def _parts_of(self, exchange: str, place: int) -> list[tuple[Any, str, datetime, datetime]]:
        if (exchange, place) not in self._parts:
            row = self.sessions[exchange][place]
            parts = [(row["session_date"], *part) for part in self._divided(row)]
            self._parts[exchange, place] = parts
        return self._parts[exchange, place]

    # Without extended hours in the seed, all of a session's local day may trade around it.
    def _divided(self, row: dict[str, Any]) -> Iterator[tuple[str, datetime, datetime]]:
        zone, shift = self._clock(row["exchange"])
        midnight = datetime.combine(row["session_date"], datetime.min.time())
        first, end = (
            (midnight + timedelta(days=later) - shift).replace(tzinfo=zone).astimezone(UTC)
            for later in (0, 1)
        )
        opens, closes = row["open_at"], row["close_at"]
        yield "pre", row["pre_open_at"] or first, opens
        if row["break_start_at"]:
            yield "regular", opens, row["break_start_at"]
            yield "break", row["break_start_at"], row["break_end_at"]
        yield "regular", row["break_end_at"] or opens, closes
        yield "post", closes, row["post_close_at"] or end


@pytest.fixture(scope="module")
def calendar(models: Models) -> Calendar:
    return Calendar(models)


# A place in the calendar, an edge of the session there, and minutes away from it.
PLACES = st.tuples(
    st.sampled_from(["XNYS", "XLON", "XHKG", "CRYPTO", "FX"]),
    st.floats(0, 1),
    st.sampled_from(EDGES),
    st.integers(-3, 3) | st.integers(-2_000, 2_000),
    st.sampled_from(list(LENGTHS)),
)


def landed(number: int, exchange: str, start: datetime, timeframe: str) -> dict[str, Any]:
    return {
        "provider": "files",
        "provider_symbol": f"S{number}",
        "asset_class": "equity",
        "exchange": exchange,
        "timeframe": timeframe,
        "bar_start_at": start,
        **dict.fromkeys(("open", "high", "low", "close", "volume"), 1),
        "price_basis": "raw",
        "session_scope": "extended",
        "is_final": True,
        "fetched_at": LAST + timedelta(days=365),
        "load_id": "load",
    }


@settings(max_examples=25)
@given(places=st.lists(PLACES, min_size=10, max_size=80))
def test_each_bar_lies_in_one_session_and_one_part_of_it(
    models: Models, calendar: Calendar, places: list[tuple[str, float, str, int, str]]
) -> None:
    bars, spelled = [], []
    for number, (exchange, place, edge, minutes, timeframe) in enumerate(places):
        sessions = calendar.sessions[exchange][3:-3]
        session = sessions[int(place * (len(sessions) - 1))]
        start = (session[edge] or session["open_at"]) + MINUTE * minutes
        # Longer bars stand on the clock.
        start -= MINUTE * (int(start.timestamp() // 60) % LENGTHS[timeframe])
        bars.append(landed(number, exchange, start, timeframe))
        spelled.append(
            {
                "provider": "files",
                "asset_class": "equity",
                "provider_symbol": f"S{number}",
                "instrument_id": number,
                "is_always": True,
                "listed_from_date": "0001-01-01",
                "listed_until_date": "9999-12-31",
                "exchange": exchange,
                "timezone": calendar.exchanges[exchange]["timezone"],
                "session_offset_hours": calendar.exchanges[exchange]["session_offset_hours"],
                "provider_priority": 10,
            }
        )
    rows = models.run(
        "select * from {int_bars__judged}",
        {
            "stg_bars": bars,
            "int_loads__pending": [{"load_id": "load"}],
            "int_symbols__placed": spelled,
            **{name: [] for name in UNUSUAL},
        },
        standing=["sessions"],
    )
    assert sorted(row["instrument_id"] for row in rows) == list(range(len(bars)))

    for row in rows:
        exchange, start = bars[row["instrument_id"]]["exchange"], row["bar_start_at"]
        length = LENGTHS[row["timeframe"]]
        minutes = [calendar.found(exchange, start + MINUTE * place) for place in range(length)]
        held = [(day, part) for day, part in minutes if day]
        if row["violations"]:
            # Turned away, and not for a minute that trades on its day.
            assert row["violations"] in ("no_session", "outside_session"), row
            assert calendar.local_day(exchange, start) not in [day for day, _ in held], row
            continue
        # It is of the first session that it reaches, and regular if any of its minutes there is.
        assert held, row
        day, first = held[0]
        expected = "regular" if (day, "regular") in held else first
        assert row["session_date"] == day, row
        assert row["session_scope"] == expected, row
        assert row["is_regular"] == (expected == "regular"), row
        if exchange in ("CRYPTO", "FX"):
            assert expected == "regular"
