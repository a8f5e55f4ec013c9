"""The page of a report: all that it may be told, and how days are summed up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from barhouse.drawing import Candle, candle_chart
from barhouse.report import rendered
from barhouse.report.contents import Chart, Contents, Listing, Row
from barhouse.report.days import MOST_SERIES, completeness_of, percent, since_of
from barhouse.report.lake import lake_listing
from barhouse.report.page import size
from extract.settings import Settings

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
NOW = datetime(2024, 1, 17, 12, tzinfo=UTC)
COUNTS = (
    *("present_count", "no_trades_count", "not_requested_count"),
    *("rate_limited_count", "failed_count", "quarantined_count"),
)


def day(number: int, ratio: float = 1.0, symbol: str = "KO", identity: int = 1) -> Row:
    counts = dict.fromkeys(COUNTS, 0)
    return {
        "symbol": symbol,
        "timeframe": "1m",
        "session_date": date(2024, 1, 1) + timedelta(days=number),
        "instrument_id": identity,
        "expected_count": 100,
        "completeness_ratio": ratio,
        **counts,
        "present_count": round(100 * ratio),
    }


def contents() -> Contents:
    picture = candle_chart(EVIL, [Candle(EVIL, 1.0, 2.0, 0.5, 1.5, None)])
    bar = {"time": EVIL, "open": 1.0, "high": 2.0, "low": 0.5, "close": 1.5, "volume": None}
    held = {
        "symbol": EVIL, "timeframe": EVIL, "session_date": NOW.date(), "state": "open",
        "rules": EVIL, "reason": EVIL, "violation_count": 1, "bar_count": 390,
        "providers": None, "first_seen_at": NOW,
    }  # fmt: skip
    change = {
        "symbol": EVIL, "timeframe": "1m", "bar_start_at": NOW, "session_date": NOW.date(),
        "revised_at": NOW, "kind": "other_provider", "lateness_seconds": 5400,
        "provider_before": EVIL, "provider_after": "files", "close_before": Decimal("0.00001234"),
        "close_after": None, "largest_price_change": 0.0123,
    }  # fmt: skip
    fresh = {
        "exchange": EVIL, "timeframe": "1m", "series_count": 1200, "newest_bar_at": NOW,
        "next_session_date": NOW.date(), "due_since_at": NOW - timedelta(hours=15),
    }  # fmt: skip
    load = {
        "load_id": EVIL, "provider": None, "request_count": 2, "failed_count": 1,
        "row_count": 12345, "reject_count": 0, "loaded_at": NOW, "published_at": None,
    }  # fmt: skip
    kept = {
        "relation": EVIL, "kind": "hypertable", "chunk_count": 4, "compressed_count": 3,
        "size_bytes": None, "before_bytes": 1000, "after_bytes": 100,
    }  # fmt: skip
    lake = {
        "dataset": EVIL, "partition_count": 2, "row_count": 10, "size_bytes": 2048,
        "archived_count": 1, "first": EVIL, "last": EVIL, "exported_at": EVIL,
    }  # fmt: skip
    return Contents(
        made_at=NOW,
        database=EVIL,
        days=30,
        summary={"instrument_count": 2, "bar_count": 10, "newest_date": NOW.date()},
        charts=[Chart(EVIL, EVIL, picture, [bar])],
        completeness=completeness_of(Listing([day(0), day(1, 0.5, EVIL)], 2)),
        quarantine=Listing([held], 1234),
        open_count=7,
        restatements=Listing([change], 1),
        freshness=Listing([fresh], 1),
        loads=Listing([load], 1),
        database_bytes=5 << 30,
        hypertables=Listing([kept], 1),
        schemas=Listing([{"schema_name": EVIL, "table_count": 1, "size_bytes": 12}], 1),
        lake=Listing([lake], 1),
        lake_place=EVIL,
    )


def test_every_text_is_escaped_wherever_it_comes_from() -> None:
    page = rendered(contents())
    assert page.startswith("<!doctype html>")
    # Our own script alone.
    assert re.findall(r"<script[^>]*>.{12}", page, re.DOTALL) == ['<script>"use strict"']
    assert "<img" not in page
    assert page.count("&lt;script&gt;") >= 20
    assert re.search(r"""script-src &#39;sha256-[A-Za-z0-9+/]{43}=&#39;""", page)
    assert "default-src &#39;none&#39;" in page


def test_page_says_what_is_held_back_changed_late_and_large() -> None:
    page = rendered(contents())
    for told in (
        "The first 1 of 1,234 days.", '<dd>7</dd>', "1 of 390", "other provider", "0.00001234",
        "1.23%", "1.5 h", "15 h", "pending", "5 GB", "10.0 %", "2 kB", "2 partitions",
    ):  # fmt: skip
        assert told in page, told
    calm = rendered(replace(contents(), open_count=0, freshness=Listing(instead="All is well.")))
    assert 'class="alert"' not in calm
    assert "All is well." in calm


def test_days_are_summed_up_by_series() -> None:
    rows = [day(0), day(1, 0.5), day(2, 0.999), {**day(3, 0.9), "quarantined_count": 10}]
    found = completeness_of(Listing(rows, 4))
    [series] = found.series
    assert (series["day_count"], series["complete_count"], series["held_count"]) == (4, 1, 1)
    assert series["mean_ratio"] == (1 + 0.5 + 0.999 + 0.9) / 4
    assert (series["worst_date"], series["worst_ratio"]) == (date(2024, 1, 2), 0.5)
    assert "KO 1m 2024-01-04: 90.0 %, 90 of 100 bars; 10 quarantined" in found.picture.days
    assert completeness_of(Listing(instead="Nothing.")).instead == "Nothing."


def test_least_complete_series_are_shown_and_those_of_one_name_told_apart() -> None:
    rows = [day(0, 1 - n / 1000, f"S{n:03}", n) for n in range(MOST_SERIES + 5)]
    found = completeness_of(Listing(rows, len(rows)))
    assert found.total == MOST_SERIES + 5
    assert [one["symbol"] for one in found.series][:2] == ["S005", "S006"]
    twins = completeness_of(Listing([day(0, identity=1), day(0, identity=2)], 2))
    assert "KO 1m #1" in twins.picture.names
    assert twins.picture.days.count("bh-cell bh-q0") == 2


def test_many_series_are_looked_at_from_the_newest_day_back() -> None:
    ends = {"oldest_end": date(2013, 3, 1), "newest_end": date(2024, 1, 17)}
    assert since_of({"series_count": 16, **ends}, 10) == date(2013, 2, 1)
    assert since_of({"series_count": 500, **ends}, 10) == date(2023, 12, 20)
    assert since_of({"series_count": 0, "oldest_end": None, "newest_end": None}, 10).year == 1


def test_a_lake_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    settings = Settings(
        project_dir=tmp_path, state_dir=tmp_path, lake_dir=tmp_path / "lake", database_url=None
    )
    assert lake_listing(settings).instead == "The lake is empty; run `barhouse export`."
    folder = tmp_path / "lake" / "bars_1d" / "year=2024"
    folder.mkdir(parents=True)
    (folder / "_manifest.json").write_text("{")
    assert lake_listing(settings).instead.startswith("The lake cannot be read: ")


def test_sizes_and_shares_are_short() -> None:
    assert [size(n) for n in (None, 0, 1023, 1024, 1 << 20, 1010 << 20)] == [
        *("", "0 B", "1023 B", "1 kB", "1 MB", "1,010 MB")
    ]
    assert [percent(share) for share in (1.0, 0.99999, 0.5)] == ["100 %", "99.9 %", "50.0 %"]
