"""A day held back can be released as it is, or the bars that spoil it rejected."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from house_kit import House
from test_bad_input_kit import Folder, csv, minutes, published, rows_of

from barhouse import quarantine
from barhouse.errors import BarhouseError
from barhouse.explain import explain

MONDAY, TUESDAY, WEDNESDAY = "2024-01-08", "2024-01-09", "2024-01-10"
HIGH_BELOW_LOW = "59.00,58.00,58.90,59.10,1000"
DAYS = "select * from marts.bars_1d order by symbol, session_date"
HOURS = "select * from marts.bars_1h order by symbol, bar_start_at"
MINUTES = "select * from core.bars_1m order by instrument_id, bar_start_at"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


def decide(house: House, decision: Any, symbol: str, day: str, **options: str) -> str:
    reason = options.pop("reason", "checked with the exchange")
    day_ = date.fromisoformat(day)
    return quarantine.decide(house.warehouse, decision, symbol, day_, reason, **options)


def refused(house: House, decision: str, symbol: str, day: str, **options: str) -> str:
    with pytest.raises(BarhouseError) as caught:
        decide(house, decision, symbol, day, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def states(house: House) -> dict[tuple[str, str, str], str]:
    rows = rows_of(house, "select * from quality.quarantine")
    return {(row["symbol"], row["session_date"], row["timeframe"]): row["state"] for row in rows}


def spoilt(symbol: str, day: str, count: int = 5) -> list[str]:
    """Good minutes with a bad one among them."""
    good, bad = minutes(symbol, day, count), minutes(symbol, day, count, prices=HIGH_BELOW_LOW)
    return [*good[:2], bad[2], *good[3:]]


def assert_what_cannot_be_decided(house: House) -> None:
    """Each refusal is one sentence with what can be done instead."""
    assert refused(house, "release", "K0", MONDAY).startswith(
        "There is no symbol 'K0'; the nearest"
    )
    assert "several timeframes; add --timeframe 1d or --timeframe 1m" in refused(
        house, "release", "KO", MONDAY
    )
    assert (
        "KO has no day 2024-01-11 in quarantine; the nearest are 2024-01-09 1m (open)"
        in refused(house, "reject", "KO", "2024-01-11")
    )
    assert "breaks no_session and cannot be released" in refused(
        house, "release", "KO", "2024-01-01"
    )
    assert "The reason is empty" in refused(house, "release", "KO", TUESDAY, reason=" ")
    assert "reports no KO; those that do are files" in refused(
        house, "reject", "KO", TUESDAY, provider="nobody"
    )
    # Tuesday's first minute landed before, so the build that held the day back did not see it.
    assert "was judged without some of its bars" in refused(house, "release", "KO", TUESDAY)


def assert_a_release_covers_only_what_it_saw(house: House, folder: Folder) -> None:
    # Judged with all its bars, Tuesday can be released now; a bar that comes before the build
    # is not covered, so the day stays held back and says why.
    decide(house, "release", "KO", TUESDAY)
    late = minutes("KO", TUESDAY, 7)[6:]
    after_hours = minutes("KO", MONDAY, 7)[6:]
    house.extract("files", config=folder.describe({"late.csv": csv(late, after_hours)}))
    house.build()
    assert states(house)["KO", TUESDAY, "1m"] == "open"
    assert published(house)["KO", TUESDAY] == 1
    # Nor is one that comes after it: of the released Monday stays what was published.
    assert states(house)["KO", MONDAY, "1m"] == "open"
    assert published(house)["KO", MONDAY] == 5
    for row in rows_of(house, "select * from quality.quarantine where symbol = 'KO'"):
        if row["timeframe"] == "1m" and row["session_date"] in (MONDAY, TUESDAY):
            assert (
                "does not cover them, because the bars of the day are others now" in row["reason"]
            )

    # Released anew, both are published as they are now.
    decide(house, "release", "KO", MONDAY, timeframe="1m")
    decide(house, "release", "KO", TUESDAY)
    house.build()
    assert published(house)["KO", MONDAY] == 6
    assert published(house)["KO", TUESDAY] == 6


def test_release_publishes_that_day_as_it_was_judged_and_nothing_else(
    house: House, folder: Folder
) -> None:
    # Bars of Tuesday are published before its bad bar arrives with the rest of the load.
    house.extract("files", config=folder.describe({"a.csv": csv(minutes("KO", TUESDAY, 1))}))
    house.build()
    load = csv(
        spoilt("KO", MONDAY),
        spoilt("KO", TUESDAY)[1:],
        minutes("KO", WEDNESDAY),
        spoilt("PEP", MONDAY),
    )
    house.extract("files", config=folder.describe({"b.csv": load}))
    gaps = [line.replace("59.20", "") for line in minutes("PEP", TUESDAY, 1)]
    house.extract(
        "files", config=folder.describe({"gap.csv": csv(gaps, minutes("PEP", TUESDAY, 2))})
    )
    at_night = [f"{MONDAY} 00:00:00,KO,59.00,58.00,58.90,59.10,9"]
    house.extract("files", config=folder.describe({"d.csv": csv(at_night)}, timeframe="1d"))
    holiday = minutes("KO", "2024-01-01", 2)
    house.extract("files", config=folder.describe({"h.csv": csv(holiday)}))
    house.build()
    held = {key for key, state in states(house).items() if state == "open"}
    assert held >= {("KO", MONDAY, "1m"), ("KO", MONDAY, "1d"), ("KO", "2024-01-01", "1m")}

    assert_what_cannot_be_decided(house)

    before = {query: house.query(query) for query in (MINUTES, DAYS, HOURS)}
    told = decide(house, "release", "KO", MONDAY, timeframe="1m")
    assert (
        told == f"The next build publishes KO 1m {MONDAY} as it was judged: run `barhouse build`."
    )
    assert "a release by" in refused(house, "reject", "KO", MONDAY, timeframe="1m")
    # The command writes its decision and nothing else.
    assert {query: house.query(query) for query in before} == before
    assert states(house)["KO", MONDAY, "1m"] == "open"
    (listed,) = [
        row
        for row in quarantine.listed_days(house.warehouse, "open", "KO")
        if row["waiting_decision"]
    ]
    assert (str(listed["session_date"]), listed["waiting_decision"]) == (MONDAY, "release")

    house.build()
    assert states(house)["KO", MONDAY, "1m"] == "released"
    assert {key for key, state in states(house).items() if state == "open"} == held - {
        ("KO", MONDAY, "1m")
    }
    # Exactly the bars of that day are there, the bad one as it was reported, and no other.
    new = rows_of(
        house,
        "select * from core.bars_1m where session_date = %s order by bar_start_at",
        MONDAY,
    )
    assert [row["high"] for row in new] == [59.2, 59.2, 58, 59.2, 59.2]
    assert {(row["session_date"], row["provider"]) for row in new} == {(MONDAY, "files")}
    kept = [row for row in house.query(MINUTES) if row not in before[MINUTES]]
    assert len(kept) == 5
    for query in (MINUTES, DAYS, HOURS):
        after = house.query(query)
        assert [row for row in before[query] if row not in after] == []
        assert len(after) - len(before[query]) == (5 if query == MINUTES else 1)
    (released,) = rows_of(house, "select * from quality.quarantine where state = 'released'")
    assert released["reason"].endswith("checked with the exchange")
    assert "is decided already: released by" in refused(
        house, "reject", "KO", MONDAY, timeframe="1m"
    )

    assert_a_release_covers_only_what_it_saw(house, folder)


def test_rejected_bars_stay_out_until_better_ones_land(house: House, folder: Folder) -> None:
    load = csv(spoilt("KO", MONDAY), minutes("KO", TUESDAY))
    house.extract("files", config=folder.describe({"a.csv": load}))
    house.build()
    assert published(house) == {("KO", TUESDAY): 3}
    told = decide(house, "reject", "KO", MONDAY)
    assert told == (
        f"The next build leaves the bars of files out of KO 1m {MONDAY}: run `barhouse build`."
    )
    house.build()
    assert states(house) == {("KO", MONDAY, "1m"): "rejected"}
    (held,) = rows_of(house, "select * from quality.quarantine")
    assert held["rules"] == "ohlc_inconsistent"
    assert held["reason"].startswith(f"Every bar of KO on {MONDAY} that had landed was rejected by")
    # What lands later competes; what was rejected does not come back with it.
    better = folder.describe({"b.csv": csv(minutes("KO", MONDAY, 2))})
    house.extract("files", config=better)
    house.build()
    assert published(house) == {("KO", MONDAY): 2, ("KO", TUESDAY): 3}
    found = explain(house.warehouse, "KO", date.fromisoformat(MONDAY))
    assert Counter(row["verdict"] for row in found.landed) == {"rejected": 5, "published": 2}
    (held,) = found.held
    assert (held["state"], held["rules"]) == ("cleared", "ohlc_inconsistent")


def test_closed_gate_says_what_it_saw_and_keeps_the_bars(house: House, folder: Folder) -> None:
    bad = minutes("KO", MONDAY, 30, prices=HIGH_BELOW_LOW)
    load = csv(bad, minutes("KO", TUESDAY, 40), minutes("PEP", TUESDAY, 30))
    house.extract("files", config=folder.describe({"a.csv": load}))
    with pytest.raises(BarhouseError) as caught:
        house.build()
    assert str(caught.value).startswith(
        "The gate stopped the build (share_of_violations_is_bounded): 30 of 100 pending bars "
        "(30.0 %) break ohlc_inconsistent, and at most 25 % may (max_violation_share). Nothing "
        "was published; the bars are in quality.gate_failures"
    )
    kept = rows_of(house, "select * from quality.gate_failures")
    assert {(row["rule"], row["session_date"], row["provider"]) for row in kept} == {
        ("ohlc_inconsistent", MONDAY, "files")
    }
    assert len(kept) == 30
    # How each test ended is on record, also where the build stopped.
    (gate,) = rows_of(
        house,
        "select * from ops.test_results where test_name like 'share_of_violations_is_bounded%%'",
    )
    assert (gate["status"], gate["failure_count"]) == ("fail", 30)
    assert gate["last_failed_at"] == gate["run_at"]
