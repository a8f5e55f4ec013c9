"""The sessions source: known days, known hours, and nothing twice."""

from __future__ import annotations

import sys
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.exchanges import read_exchanges
from extract.landing import SCHEMAS, Batch
from extract.providers import ExtractRequest, Provider, ProviderError
from extract.sources.sessions import PROVIDER

# exchange_calendars' own, not ours.
pytestmark = [
    pytest.mark.filterwarnings("ignore:DatetimeIndex.weekday:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Series.values:DeprecationWarning"),
]

EXCHANGES = Path(__file__).resolve().parents[3] / "seeds" / "exchanges.csv"
RUN_AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)


def run(
    only: Collection[str] | None,
    landed: Collection[str] = (),
    fetched_at: datetime = RUN_AT,
    exchanges: Path = EXCHANGES,
) -> list[Batch]:
    options = {"exchanges": exchanges, "only": only}
    request = ExtractRequest(fetched_at, landed.__contains__, Path("unused"), options)
    return list(PROVIDER.batches(request))


def sessions(exchange: str) -> dict[date, dict[str, Any]]:
    rows = [r for b in run({exchange}) if b.table == "raw_sessions" for r in b.rows.to_pylist()]
    by_date = {row["session_date"]: row for row in rows}
    assert len(by_date) == len(rows)
    return by_date


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def nyse() -> dict[date, dict[str, Any]]:
    return sessions("XNYS")


@pytest.fixture(scope="module")
def fx() -> dict[date, dict[str, Any]]:
    return sessions("FX")


def test_provider_keeps_the_interface() -> None:
    assert isinstance(PROVIDER, Provider)
    assert PROVIDER.name == "sessions"


@pytest.mark.parametrize(
    "day",
    [
        "2001-09-11",
        "2001-09-12",
        "2001-09-13",
        "2001-09-14",
        "2012-10-29",
        "2012-10-30",
        "2018-12-05",
        "2022-06-20",
        "2025-01-09",
    ],
)
def test_unscheduled_and_new_closings_have_no_session(
    nyse: dict[date, dict[str, Any]], day: str
) -> None:
    assert date.fromisoformat(day) not in nyse


@pytest.mark.parametrize("day", ["2001-09-10", "2001-09-17", "2012-10-31", "2021-06-18"])
def test_days_beside_a_closing_have_a_session(nyse: dict[date, dict[str, Any]], day: str) -> None:
    assert date.fromisoformat(day) in nyse


@pytest.mark.parametrize(
    ("day", "close_at"),
    [
        ("2001-12-24", "2001-12-24T18:00"),
        ("2024-11-29", "2024-11-29T18:00"),
        ("2024-07-03", "2024-07-03T17:00"),
    ],
)
def test_half_days_close_at_one_in_new_york(
    nyse: dict[date, dict[str, Any]], day: str, close_at: str
) -> None:
    row = nyse[date.fromisoformat(day)]
    assert row["close_at"] == utc(close_at)
    assert row["is_early_close"]


@pytest.mark.parametrize(
    ("day", "open_at", "close_at"),
    [
        ("2026-03-06", "2026-03-06T14:30", "2026-03-06T21:00"),
        ("2026-03-09", "2026-03-09T13:30", "2026-03-09T20:00"),
        ("2026-10-30", "2026-10-30T13:30", "2026-10-30T20:00"),
        ("2026-11-02", "2026-11-02T14:30", "2026-11-02T21:00"),
        ("2006-04-03", "2006-04-03T13:30", "2006-04-03T20:00"),  # the clock changed in April then
        ("2006-03-31", "2006-03-31T14:30", "2006-03-31T21:00"),
    ],
)
def test_new_york_hours_follow_the_clock_changes(
    nyse: dict[date, dict[str, Any]], day: str, open_at: str, close_at: str
) -> None:
    row = nyse[date.fromisoformat(day)]
    assert (row["open_at"], row["close_at"]) == (utc(open_at), utc(close_at))
    assert not row["is_early_close"]


def test_range_is_1990_to_the_end_of_next_year(nyse: dict[date, dict[str, Any]]) -> None:
    assert min(nyse) == date(1990, 1, 2)
    assert max(nyse) == date(2027, 12, 31)


def test_london_changes_its_clock_on_another_day_than_new_york() -> None:
    london = sessions("XLON")
    assert london[date(2026, 3, 27)]["open_at"] == utc("2026-03-27T08:00")
    assert london[date(2026, 3, 30)]["open_at"] == utc("2026-03-30T07:00")


def test_hong_kong_rests_at_noon() -> None:
    row = sessions("XHKG")[date(2022, 6, 15)]
    assert row["open_at"] == utc("2022-06-15T01:30")
    assert row["break_start_at"] == utc("2022-06-15T04:00")
    assert row["break_end_at"] == utc("2022-06-15T05:00")
    assert row["close_at"] == utc("2022-06-15T08:00")


def test_hong_kong_half_day_has_no_break() -> None:
    row = sessions("XHKG")[date(2024, 12, 24)]
    assert row["close_at"] == utc("2024-12-24T04:00")
    assert row["break_start_at"] is None
    assert row["is_early_close"]


def test_crypto_trades_every_utc_day_from_2009() -> None:
    crypto = sessions("CRYPTO")
    assert min(crypto) == date(2009, 1, 1)
    assert max(crypto) == date(2027, 12, 31)
    assert len(crypto) == (max(crypto) - min(crypto)).days + 1
    for day, row in crypto.items():
        assert row["open_at"] == datetime(day.year, day.month, day.day, tzinfo=UTC)
        assert row["close_at"] - row["open_at"] == timedelta(days=1)
    assert {row["calendar_version"] for row in crypto.values()} == {"barhouse 24/7 1"}


@pytest.mark.parametrize(
    ("monday", "open_at"),
    [
        ("2017-07-03", "2017-07-02T21:00"),
        ("2017-01-09", "2017-01-08T22:00"),
        ("2017-03-13", "2017-03-12T21:00"),  # New York changed its clock that Sunday
        ("2017-11-06", "2017-11-05T22:00"),
    ],
)
def test_fx_week_opens_on_sunday_at_five_in_new_york(
    fx: dict[date, dict[str, Any]], monday: str, open_at: str
) -> None:
    assert fx[date.fromisoformat(monday)]["open_at"] == utc(open_at)


def test_fx_sessions_are_weekdays_without_a_gap_between_them(
    fx: dict[date, dict[str, Any]],
) -> None:
    assert {day.weekday() for day in fx} == {0, 1, 2, 3, 4}
    for day, row in fx.items():
        following = fx.get(day + timedelta(days=1))
        if following:
            assert row["close_at"] == following["open_at"]
    assert {row["calendar_version"] for row in fx.values()} == {"barhouse FX 1"}


def test_each_exchange_ends_with_its_request() -> None:
    batches = run(None)
    assert [batch.table for batch in batches] == ["raw_sessions", "requests"] * 9
    for data, answer in zip(batches[::2], batches[1::2], strict=True):
        (request,) = answer.rows.to_pylist()
        assert data.rows.schema.equals(SCHEMAS["raw_sessions"])
        assert request["outcome"] == "rows"
        assert request["row_count"] == data.rows.num_rows > 0
        assert request["timeframe"] is None
        assert set(data.rows["request_id"].to_pylist()) == {request["request_id"]}
        assert set(data.rows["fetched_at"].to_pylist()) == {RUN_AT}


def fingerprints(batches: list[Batch]) -> list[str]:
    return [f for b in batches if b.table == "requests" for f in b.rows["fingerprint"].to_pylist()]


def test_second_run_lands_nothing() -> None:
    landed = fingerprints(run(None))
    assert len(set(landed)) == 9
    assert run(None, landed, RUN_AT + timedelta(days=30)) == []


def test_second_run_builds_no_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    landed = fingerprints(run(None))
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    assert run(None, landed) == []


def test_new_year_lands_again() -> None:
    landed = fingerprints(run({"XNYS", "CRYPTO"}))
    assert len(run({"XNYS", "CRYPTO"}, landed, datetime(2027, 1, 1, tzinfo=UTC))) == 4


def test_new_calendar_version_lands_ordinary_exchanges_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landed = fingerprints(run({"XNYS", "FX"}))
    monkeypatch.setattr("extract.sources.sessions.metadata.version", lambda _: "99.0")
    sessions_batch, _ = run({"XNYS", "FX"}, landed)
    assert set(sessions_batch.rows["exchange"].to_pylist()) == {"XNYS"}
    assert set(sessions_batch.rows["calendar_version"].to_pylist()) == {"exchange_calendars 99.0"}


def test_unknown_exchange_in_only_is_refused() -> None:
    with pytest.raises(ProviderError, match="Exchange XXXX is not in the exchange list"):
        run({"XNYS", "XXXX"})


def test_exchanges_of_the_project_are_the_default() -> None:
    project = EXCHANGES.parents[1]
    request = ExtractRequest(RUN_AT, set().__contains__, Path("unused"), {"only": {"FX"}}, project)
    assert [batch.table for batch in PROVIDER.batches(request)] == ["raw_sessions", "requests"]


def test_missing_seed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="cannot be read"):
        read_exchanges(tmp_path / "none.csv")


def seed(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "exchanges.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_seed_without_a_column_is_refused(tmp_path: Path) -> None:
    path = seed(tmp_path, "exchange,timezone,session_offset_hours\nXNYS,America/New_York,0\n")
    with pytest.raises(ProviderError, match=r"Line 2 .* has no calendar"):
        read_exchanges(path)


@pytest.mark.parametrize("offset", ["seven", "-7", "1.5", "24"])
def test_seed_with_a_bad_offset_is_refused(tmp_path: Path, offset: str) -> None:
    head = "exchange,calendar,timezone,session_offset_hours\n"
    with pytest.raises(ProviderError, match="expected a whole number from 0 to 23"):
        read_exchanges(seed(tmp_path, f"{head}FX,FX,America/New_York,{offset}\n"))


def test_unknown_calendar_is_refused(tmp_path: Path) -> None:
    head = "exchange,calendar,timezone,session_offset_hours\n"
    path = seed(tmp_path, f"{head}XMAR,MARS,UTC,0\n")
    with pytest.raises(ProviderError, match="names the calendar 'MARS'"):
        run(None, exchanges=path)


def test_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    head = "exchange,calendar,timezone,session_offset_hours\n"
    path = seed(tmp_path, f"{head}FX,FX,Mars/Olympus,7\n")
    with pytest.raises(ProviderError, match="'Mars/Olympus'"):
        run(None, exchanges=path)


def test_calendar_that_begins_later_begins_at_its_own_first_day(tmp_path: Path) -> None:
    head = "exchange,calendar,timezone,session_offset_hours\n"
    path = seed(tmp_path, f"{head}AIXK,AIXK,Asia/Almaty,0\n")
    data, _ = run(None, exchanges=path)
    assert data.rows["session_date"][0].as_py() == date(2017, 1, 4)
