"""What the API understands before it asks any database."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import barhouse
from barhouse import BarhouseError
from barhouse.api.choices import timeframe_of
from barhouse.api.indicators.wishes import wishes_of
from barhouse.api.times import bound_of, days_between, spans_between

NEW_YORK = ZoneInfo("America/New_York")


def test_import_brings_nothing_heavy_along() -> None:
    heavy = ["pandas", "pyarrow", "numpy", "psycopg", "adbc_driver_manager"]
    code = f"import sys, barhouse; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert barhouse.BarhouseError is BarhouseError
    with pytest.raises(AttributeError, match="module 'barhouse' has no attribute 'DataApi'"):
        barhouse.DataApi  # noqa: B018


@pytest.mark.parametrize(
    ("text", "name", "count"),
    [("1m", "1m", 1), ("60m", "1h", 60), ("90M", None, 0), ("2H", "2h", 120), ("1D", "1d", 1),
     ("3mo", "3mo", 3), ("0m", None, 0), ("1441m", None, 0), ("", None, 0), ("m", None, 0),
     ("1.5h", None, 0), ("-1d", None, 0), ("1 d", None, 0)],
)  # fmt: skip
def test_timeframes(text: str, name: str | None, count: int) -> None:
    if name is None:
        with pytest.raises(BarhouseError):
            timeframe_of(text)
    else:
        assert (timeframe_of(text).name, timeframe_of(text).count) == (name, count)


def test_bounds_are_dates_or_times() -> None:
    noon = datetime(2024, 3, 10, 12, tzinfo=UTC)
    assert bound_of("2024-03-10", "start") == bound_of(date(2024, 3, 10), "start")
    assert bound_of("2024-03-10T12:00Z", "start") == noon
    assert bound_of(pd.Timestamp("2024-03-10 12:00", tz="UTC"), "start") == noon
    assert bound_of(np.datetime64("2024-03-10"), "start") == date(2024, 3, 10)
    assert bound_of(np.datetime64("2024-03-10T12:00", "us"), "start") == noon.replace(tzinfo=None)
    assert bound_of(None, "start") is None
    for wrong in (pd.NaT, float("nan"), "10.3.2024", "2024-3-1", "2024-03-10 noon", b"2024-03-10"):
        with pytest.raises(BarhouseError, match=r"^start is '.*'.*; expected a date such as"):
            bound_of(wrong, "start")


def test_times_are_of_the_zone_of_the_answer() -> None:
    evening = datetime(2024, 3, 10, 20, 0)  # noqa: DTZ001 - a time without a zone
    first, last, first_at, last_at = spans_between(evening, evening, NEW_YORK)
    assert first_at == last_at == datetime(2024, 3, 11, tzinfo=UTC)
    assert first < date(2024, 3, 10) < last
    late = datetime(2024, 3, 11, 2, tzinfo=UTC)
    assert days_between(late, evening, NEW_YORK) == (date(2024, 3, 10), date(2024, 3, 10))
    # The ends of the calendar are no place to fall off.
    assert spans_between(date.min, date.max, NEW_YORK)[:2] == (date.min, date.max)
    edge = datetime.max  # noqa: DTZ901
    assert spans_between(datetime.min, edge, NEW_YORK)[3].year == 9999  # noqa: DTZ901


def test_bars_before_the_first_are_as_many_as_are_felt() -> None:
    needed = {wish.name: wish.bars_before for wish in wishes_of(
        ["SMA_20", "EMA_1", "EMA_20", "rsi", "OBV", "VWAP", "RETURN_3"]
    )}  # fmt: skip
    assert needed["SMA_20"] == 19
    assert needed["EMA_1"] == 1
    assert needed["RETURN_3"] == 3
    assert needed["OBV"] is None
    assert needed["VWAP"] == 0
    # What is left of the first bar after so many: 1e-13 of it.
    for name, weight in (("EMA_20", 2 / 21), ("RSI", 1 / 14)):
        count = needed[name]
        assert (1 - weight) ** (count - 30) > 1e-13 > (1 - weight) ** (count - 15)
