"""Times of bars: formats, zones, labels, sessions, and times that are never guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from test_files_kit import COLUMNS, FETCHED_AT, HEADER, Landed, read

REST = ",1,2,0.5,1.5,100\n"
DAILY = {name: name for name in COLUMNS if name != "time"} | {"date": "time"}


def times(tmp_path: Path, *texts: str, **changes: object) -> Landed:
    return read(tmp_path, HEADER + "".join(f"{text}{REST}" for text in texts), **changes)


@pytest.mark.parametrize(
    ("text", "time_format"),
    [
        ("2024-01-02T14:30:00Z", "iso"),
        ("2024-01-02 09:30:00-05:00", "iso"),
        ("2024-01-02T18:00+03:30", "iso"),
        ("2024-01-02 14:30", "iso"),
        ("2024-01-02 14:30:00.000000", "iso"),
        ("2024-01-02 14:30:00.000000000", "iso"),
        (" 2024-01-02 14:30 ", "iso"),
        ("1704205800", "epoch_s"),
        ("1704205800.000", "epoch_s"),
        ("1704205800000", "epoch_ms"),
        ("1.7042058e12", "epoch_ms"),
        ("02.01.2024 14:30:00.000", "%d.%m.%Y %H:%M:%S.%f"),
        ("20240102 143000", "%Y%m%d %H%M%S"),
        ("2024-01-02 02:30 PM", "%Y-%m-%d %I:%M %p"),
        ("2024-01-02 09:30 -0500", "%Y-%m-%d %H:%M %z"),
        ("2 Jan 2024 14:30", "%d %b %Y %H:%M"),
        ("1/2/2024 14:30", "%m/%d/%Y %H:%M"),
    ],
)
def test_every_format_gives_the_same_instant(tmp_path: Path, text: str, time_format: str) -> None:
    landed = times(tmp_path, text, time_format=time_format)
    assert [bar["bar_start_at"] for bar in landed.bars] == [
        datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
    ]
    assert landed.bars[0]["source_timestamp"] == text


@pytest.mark.parametrize(
    ("text", "time_format", "said"),
    [
        ("", "iso", "The time is missing."),
        ("2024-02-31 10:00", "iso", "is not an ISO time"),
        ("2024-13-01", "iso", "is not an ISO time"),
        ("2024-01-02 24:00", "iso", "is not an ISO time"),
        ("20240102", "iso", "is not an ISO time"),
        ("2024-W01-1", "iso", "is not an ISO time"),
        ("2024-01-02 14:30:00.0000001", "iso", "finer than a microsecond"),
        ("2023-02-29", "%Y-%m-%d", "does not match the time_format %Y-%m-%d"),
        ("2024-01-02x", "%Y-%m-%d", "does not match"),
        ("soon", "epoch_s", "'soon' is not a number"),
        ("1704205800000", "epoch_s", "lies in the future"),
        ("1704205800", "epoch_ms", None),
        ("99999999999999999999999", "epoch_ms", "too large"),
        ("9999999999999999999", "epoch_ms", "is no epoch_ms"),
        ("1704205800.0000001", "epoch_s", "finer than a microsecond"),
        ("1799-12-31 23:59", "iso", "before the year 1800"),
        ("0001-01-01 00:00", "iso", "before the year 1800"),
        ("9999-12-31 23:59", "iso", "lies in the future"),
    ],
)
def test_an_unreadable_time_is_rejected(
    tmp_path: Path, text: str, time_format: str, said: str | None
) -> None:
    landed = times(tmp_path, text, time_format=time_format)
    if said is None:
        assert landed.bars[0]["bar_start_at"].year == 1970
        return
    assert said in landed.reject["reason"]
    assert landed.reject["column_name"] == "time"


def test_one_impossible_day_does_not_spoil_its_neighbours(tmp_path: Path) -> None:
    landed = times(tmp_path, "2024-02-29 10:00", "2024-02-30 10:00", "2024-03-31 10:00")
    assert [bar["source_row"] for bar in landed.bars] == [2, 4]


def test_a_day_ahead_of_the_run_is_the_limit(tmp_path: Path) -> None:
    limit = FETCHED_AT + timedelta(days=1)
    landed = times(tmp_path, limit.isoformat(), (limit + timedelta(minutes=1)).isoformat())
    assert [bar["bar_start_at"] for bar in landed.bars] == [limit]
    assert len(landed.rejects) == 1


def test_a_naive_time_needs_a_zone(tmp_path: Path) -> None:
    landed = times(tmp_path, "2024-01-02 14:30", "2024-01-02 14:31Z", timezone=None)
    assert [bar["source_row"] for bar in landed.bars] == [3]
    assert "names no timezone" in landed.reject["reason"]


@pytest.mark.parametrize(("ambiguous", "hour"), [("reject", None), ("earlier", 5), ("later", 6)])
def test_a_time_that_happens_twice_is_not_guessed(
    tmp_path: Path, ambiguous: str, hour: int | None
) -> None:
    landed = times(tmp_path, "2023-11-05 01:30", timezone="America/New_York", ambiguous=ambiguous)
    if hour is None:
        assert "happens twice in America/New_York" in landed.reject["reason"]
    else:
        assert landed.bars[0]["bar_start_at"] == datetime(2023, 11, 5, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize("ambiguous", ["reject", "earlier", "later"])
def test_a_time_that_never_happens_is_rejected(tmp_path: Path, ambiguous: str) -> None:
    zone = "America/New_York"
    landed = times(
        tmp_path, "2024-03-10 02:30", "2024-03-10 03:00", timezone=zone, ambiguous=ambiguous
    )
    assert "does not exist in America/New_York" in landed.reject["reason"]
    assert landed.bars[0]["bar_start_at"] == datetime(2024, 3, 10, 7, tzinfo=UTC)


def test_dublin_whose_winter_is_the_exception_resolves_like_any_zone(tmp_path: Path) -> None:
    landed = times(tmp_path, "2023-10-29 01:30", timezone="Europe/Dublin", ambiguous="earlier")
    assert landed.bars[0]["bar_start_at"] == datetime(2023, 10, 29, 0, 30, tzinfo=UTC)


def test_an_end_label_is_moved_to_the_start(tmp_path: Path) -> None:
    landed = times(tmp_path, "2024-01-02 09:31", timezone="America/New_York", label="end")
    assert landed.bars[0]["bar_start_at"] == datetime(2024, 1, 2, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time_format"),
    [
        ("2023-07-05", "iso"),
        ("2023-07-05 16:00:00", "iso"),
        ("2023-07-05 00:00:00+00:00", "iso"),
        ("20230705", "%Y%m%d"),
        ("05-Jul-2023", "%d-%b-%Y"),
    ],
)
def test_a_date_is_taken_as_written(tmp_path: Path, text: str, time_format: str) -> None:
    landed = times(
        tmp_path,
        text,
        timeframe="1d",
        columns=DAILY,
        timezone="America/New_York",
        time_format=time_format,
    )
    assert landed.bars[0]["session_date"] == date(2023, 7, 5)
    assert landed.bars[0]["bar_start_at"] == datetime(2023, 7, 5, 4, tzinfo=UTC)
    assert landed.request["window_end_at"] == datetime(2023, 7, 6, 4, tzinfo=UTC)


def test_a_daily_epoch_is_a_date_in_the_zone(tmp_path: Path) -> None:
    landed = times(
        tmp_path,
        "1704171600",
        timeframe="1d",
        columns=DAILY,
        timezone="America/New_York",
        time_format="epoch_s",
    )
    assert landed.bars[0]["session_date"] == date(2024, 1, 2)


def test_a_midnight_the_clock_skips_is_the_first_instant_of_its_day(tmp_path: Path) -> None:
    landed = times(
        tmp_path, "2018-11-04", timeframe="1d", columns=DAILY, timezone="America/Sao_Paulo"
    )
    assert landed.bars[0]["bar_start_at"] == datetime(2018, 11, 4, 3, tzinfo=UTC)


def test_a_day_the_zone_did_not_have_is_rejected(tmp_path: Path) -> None:
    landed = times(
        tmp_path, "2011-12-29", "2011-12-30", timeframe="1d", columns=DAILY, timezone="Pacific/Apia"
    )
    assert "a day Pacific/Apia did not have" in landed.reject["reason"]
    assert len(landed.bars) == 1


def test_a_daily_time_must_be_midnight(tmp_path: Path) -> None:
    landed = times(
        tmp_path,
        "2024-01-02 00:00:00-05:00",
        "2024-01-03 16:00:00-05:00",
        timeframe="1d",
        timezone="America/New_York",
    )
    assert landed.bars[0]["session_date"] == date(2024, 1, 2)
    assert "is not midnight in America/New_York" in landed.reject["reason"]


def test_a_daily_end_label_names_the_day_before(tmp_path: Path) -> None:
    landed = times(tmp_path, "2024-03-11", timeframe="1d", timezone="America/New_York", label="end")
    assert landed.bars[0]["session_date"] == date(2024, 3, 10)
    assert landed.bars[0]["bar_start_at"] == datetime(2024, 3, 10, 5, tzinfo=UTC)
