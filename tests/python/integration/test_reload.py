"""Loads may come again, late, corrected and in any order; the core follows only what is new."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from house_kit import House

WriteFiles = Callable[..., Path]

HEADER = "time,symbol,open,high,low,close,volume\n"
MORNING = HEADER + (
    "2024-01-02 09:30:00,KO,59.00,59.20,58.90,59.10,1000\n"
    "2024-01-02 09:31:00,KO,59.10,59.30,59.00,59.20,1100\n"
    "2024-01-02 09:32:00,KO,59.20,59.25,59.15,59.18,900\n"
)
CORE = (
    "select bar_start_at, session_date, open, high, low, close, volume from core.bars_1m order by 1"
)


def invalidations(house: House) -> list[tuple]:
    return house.query(
        "select * from _timescaledb_catalog.continuous_aggs_hypertable_invalidation_log"
        " order by 1, 2"
    )


def changed_ranges(house: House) -> int:
    return house.query("select count(*) from ops.changed_ranges")[0][0]


def test_same_file_is_not_fetched_again(house: House, write_files: WriteFiles) -> None:
    config = write_files({"ko.csv": MORNING})
    assert house.extract("files", config=config).row_counts["raw_bars"] == 3
    again = house.extract("files", config=config)
    assert again.outcomes == []
    assert again.load_ids == []
    assert house.query("select count(*) from staging.raw_bars") == [(3,)]


def test_same_bars_again_write_nothing_and_invalidate_nothing(
    house: House, write_files: WriteFiles
) -> None:
    house.extract("files", config=write_files({"ko.csv": MORNING}))
    house.build()
    before = house.query("select xmin::text, * from core.bars_1m order by bar_start_at")
    ranges, log = changed_ranges(house), invalidations(house)

    # Another file with the same bars: it lands, and the core has no reason to move.
    house.extract("files", config=write_files({"copy.csv": MORNING + "\n"}))
    house.build()

    assert house.query("select count(*) from staging.raw_bars") == [(6,)]
    assert house.query("select xmin::text, * from core.bars_1m order by bar_start_at") == before
    assert house.query("select count(*) from core.bar_revisions") == [(0,)]
    assert changed_ranges(house) == ranges
    assert invalidations(house) == log


def test_corrected_file_updates_exactly_those_bars(house: House, write_files: WriteFiles) -> None:
    house.extract("files", config=write_files({"ko.csv": MORNING}))
    house.build()
    untouched = "select xmin::text, * from core.bars_1m where close <> 59.21 order by bar_start_at"
    before = house.query(untouched)

    corrected = MORNING.replace("59.30,59.00,59.20,1100", "59.30,59.00,59.21,1150")
    house.extract("files", config=write_files({"ko.csv": corrected}))
    house.build()

    after = house.query(untouched)
    assert len(before) == 3
    assert after == [row for row in before if row[2].minute != 31]
    values = "select trim_scale(close)::text, trim_scale(volume)::text from core."
    assert house.query(values + "bars_1m where close = 59.21") == [("59.21", "1150")]
    assert house.query(values + "bar_revisions") == [("59.2", "1100")]
    rollup = house.query("select close::text, volume::text, minute_count from marts.bars_5m")
    assert rollup == [("59.18", "3050", 3)]


def test_late_bars_of_an_earlier_day_arrive(house: House, write_files: WriteFiles) -> None:
    house.extract("files", config=write_files({"ko.csv": MORNING}))
    house.build()
    late = MORNING.replace("2024-01-02", "2023-06-01")
    house.extract("files", config=write_files({"late.csv": late}))
    house.build()
    days = house.query("select distinct session_date::text from core.bars_1m order by 1")
    assert days == [("2023-06-01",), ("2024-01-02",)]
    assert house.query("select count(*) from marts.bars_5m") == [(2,)]


def test_bar_in_progress_is_replaced_by_the_final_one_and_never_back(
    house: House, write_files: WriteFiles
) -> None:
    running = MORNING.replace("59.18,900", "59.17,400")
    house.extract("files", config=write_files({"running.csv": running}, final="false"))
    house.build()
    assert house.query("select distinct is_final from core.bars_1m") == [(False,)]

    house.extract("files", config=write_files({"final.csv": MORNING}))
    house.build()
    final = house.query("select is_final, close, volume from core.bars_1m order by bar_start_at")
    assert [row[0] for row in final] == [True, True, True]

    house.extract("files", config=write_files({"stale.csv": running + "\n"}, final="false"))
    house.build()
    again = house.query("select is_final, close, volume from core.bars_1m order by bar_start_at")
    assert again == final
