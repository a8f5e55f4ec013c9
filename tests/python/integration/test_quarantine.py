"""One bad bar holds back its own day and no more; a broken load publishes nothing at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from house_kit import House
from test_bad_input_kit import Folder, csv, minutes, published, rows_of

from barhouse.errors import BarhouseError
from barhouse.explain import explain

MONDAY, TUESDAY, WEDNESDAY = "2024-01-08", "2024-01-09", "2024-01-10"
GOOD = "59.00,59.20,58.90,59.10,1000"
HIGH_BELOW_LOW = "59.00,58.00,58.90,59.10,1000"
CORE = "select * from core.bars_1m order by instrument_id, bar_start_at"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files")


def days(house: House) -> list[tuple[str, str, str]]:
    return house.query(
        "select symbol, session_date::text, state from quality.quarantine order by 1, 2"
    )


def verdicts(house: House, symbol: str, day: str) -> Counter[tuple[str, str]]:
    found = explain(house.warehouse, symbol, date.fromisoformat(day))
    return Counter((row["timeframe"], row["verdict"]) for row in found.landed)


def relations(house: House) -> list[tuple[str]]:
    return house.query(
        "select oid::regclass::text from pg_class where relkind in ('r', 'v')"
        " and relnamespace::regnamespace::text in ('core', 'marts', 'quality', 'ops') order by 1"
    )


def test_bad_bar_holds_its_day_until_a_corrected_file_clears_it(
    house: House, folder: Folder
) -> None:
    # Tuesday's first two minutes are published before the file with the bad bar arrives.
    monday, tuesday = minutes("KO", MONDAY, 4), minutes("KO", TUESDAY, 6)
    house.extract("files", config=folder.describe({"ko.csv": csv(monday, tuesday[:2])}))
    house.build()
    before = house.query(CORE)
    assert published(house) == {("KO", MONDAY): 4, ("KO", TUESDAY): 2}

    spoilt = minutes("KO", TUESDAY, 6, prices=HIGH_BELOW_LOW)[4]
    hours = [f"{TUESDAY} {hour}:30:00,KO,59.00,59.20,58.90,59.10,9" for hour in (10, 11)]
    load = csv(
        tuesday[2:4], [spoilt], tuesday[5:], minutes("KO", WEDNESDAY), minutes("PEP", TUESDAY)
    )
    house.extract("files", config=folder.describe({"spoilt.csv": load}))
    house.extract("files", config=folder.describe({"hours.csv": csv(hours)}, timeframe="1h"))
    house.build()

    # Of that symbol, timeframe and day stays what stood; the rest of the load is published.
    assert published(house) == {
        ("KO", MONDAY): 4,
        ("KO", TUESDAY): 2,
        ("KO", WEDNESDAY): 3,
        ("PEP", TUESDAY): 3,
    }
    assert [row for row in house.query(CORE) if row in before] == before
    assert house.query("select count(*) from core.bars_intraday") == [(2,)]
    assert days(house) == [("KO", TUESDAY, "open")]
    (held,) = rows_of(house, "select * from quality.quarantine")
    (bar,) = held["evidence"]
    assert (held["rules"], held["violation_count"]) == ("ohlc_inconsistent", 1)
    assert bar["bar_start_at"] == f"{TUESDAY}T14:34:00+00:00"
    assert (bar["high"], bar["provider"], bar["source_row"]) == (58, "files", 4)
    request = "select source from staging.requests where request_id = %s"
    assert house.query(request, bar["request_id"]) == [("spoilt.csv",)]
    assert verdicts(house, "KO", TUESDAY) == {
        ("1m", "published"): 2,
        ("1m", "held"): 4,
        ("1h", "published"): 2,
    }

    # The one bar put right clears the day; the bars that were held with it are published.
    house.extract("files", config=folder.describe({"right.csv": csv([tuesday[4]])}))
    assert verdicts(house, "KO", TUESDAY)["1m", "pending"] == 1
    house.build()
    assert published(house)["KO", TUESDAY] == 6
    assert verdicts(house, "KO", TUESDAY) == {
        ("1m", "published"): 6,
        ("1m", "superseded"): 1,
        ("1h", "published"): 2,
    }
    assert days(house) == [("KO", TUESDAY, "cleared")]
    (cleared,) = rows_of(house, "select * from quality.quarantine")
    assert cleared["violation_count"] == 0
    # What was wrong stays on record.
    assert (cleared["rules"], cleared["evidence"]) == ("ohlc_inconsistent", [bar])
    assert house.query("select count(*) from core.bar_revisions") == [(0,)]


def test_rule_made_soft_holds_nothing_back_and_is_shown(
    house: House, folder: Folder, project_copy: Path
) -> None:
    house.settings = replace(house.settings, project_dir=project_copy)
    project = project_copy / "dbt_project.yml"
    text = project.read_text()
    assert text.count("  rules: {}\n") == 1
    project.write_text(
        text.replace("  rules: {}\n", "  rules: {outside_session: {severity: soft}}\n")
    )
    late = [f"{MONDAY} 17:{minute}:00,KO,{GOOD}" for minute in (30, 31)]
    house.extract("files", config=folder.describe({"ko.csv": csv(minutes("KO", MONDAY, 3), late)}))
    house.build()
    assert published(house) == {("KO", MONDAY): 5}
    assert days(house) == []
    assert house.query(
        "select rule, seen_value, bar_start_at::text from quality.outliers where symbol = 'KO'"
    ) == [("outside_session", 2.0, f"{MONDAY} 22:30:00+00")]
    assert [row["rule"] for row in explain(house.warehouse, "KO", date(2024, 1, 8)).outliers] == [
        "outside_session"
    ]


def test_load_with_too_many_bad_bars_publishes_nothing_until_it_is_corrected(
    house: House, folder: Folder
) -> None:
    # Nineteen bad bars are a large share, but too few to call the source broken.
    few = csv(minutes("KO", MONDAY, 5), minutes("IBM", MONDAY, 19, prices=HIGH_BELOW_LOW))
    house.extract("files", config=folder.describe({"few.csv": few}))
    house.build()
    core, marts, standing = house.query(CORE), published(house), relations(house)
    assert marts == {("KO", MONDAY): 5}

    good, bad = (minutes("PEP", TUESDAY, 70, prices=prices) for prices in (GOOD, HIGH_BELOW_LOW))
    load = csv(bad[:21], good[21:], minutes("KO", WEDNESDAY))
    house.extract("files", config=folder.describe({"pep.csv": load}))
    for _ in range(2):
        with pytest.raises(BarhouseError) as caught:
            house.build()
        said = str(caught.value)
        assert "share_of_violations_is_bounded" in said
        assert "21 of 73 pending bars (28.8 %) break ohlc_inconsistent" in said
        assert "Nothing was published" in said
        assert "\n" not in said
        # What stood still stands: the rows, and every table and view that people read.
        assert relations(house) == standing
        assert (house.query(CORE), published(house)) == (core, marts)
    assert ("PEP", TUESDAY, "open") in days(house)

    right = csv(good, minutes("KO", WEDNESDAY))
    house.extract("files", config=folder.describe({"pep.csv": right}))
    house.build()
    assert published(house) == {**marts, ("PEP", TUESDAY): 70, ("KO", WEDNESDAY): 3}
    assert days(house) == [("IBM", MONDAY, "open"), ("PEP", TUESDAY, "cleared")]
    assert [row for row in house.query(CORE) if row in core] == core
