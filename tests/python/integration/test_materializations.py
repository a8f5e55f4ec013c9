"""The materializations `hypertable` and `continuous_aggregate`, against a real TimescaleDB."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from house_kit import ROOT, House
from minutes_kit import COMPRESS, DAYS, assert_marts_are_right, minutes

from barhouse import transform
from barhouse.errors import BarhouseError
from extract.settings import Settings

WriteFiles = Callable[..., Path]

CORE = "select xmin::text, * from core.bars_1m order by instrument_id, bar_start_at"
VALUES = (
    "select bar_start_at, open, high, low, close, volume, is_final from core.bars_1m"
    " order by instrument_id, bar_start_at"
)


def aggregates(house: House) -> dict[str, int]:
    return dict(
        house.query(
            "select user_view_name::text, mat_hypertable_id"
            " from _timescaledb_catalog.continuous_agg where user_view_schema = 'core'"
        )
    )


@pytest.fixture
def house(minutes_house: Path, tmp_path: Path) -> Iterator[House]:
    """A built warehouse with the minutes, of the test's own."""
    state = shutil.copytree(minutes_house, tmp_path / "state")
    made = House(Settings(ROOT, state, state / "lake", None))
    yield made
    made.stop()


def test_unchanged_definition_keeps_the_aggregate(house: House) -> None:
    before = aggregates(house)
    house.build()
    assert len(before) == 6
    assert aggregates(house) == before


def test_changed_definition_rebuilds_the_aggregate_and_what_stands_on_it(
    house: House, project_copy: Path
) -> None:
    folder = project_copy
    house.settings = replace(house.settings, project_dir=folder)
    before = aggregates(house)
    model = folder / "models" / "core" / "rollup_15m.sql"
    text = model.read_text()
    assert text.count(") }}\nfrom ") == 1
    model.write_text(text.replace(") }}\nfrom ", ") }},\n    count(*) as part_count\nfrom "))
    with model.with_suffix(".yml").open("a") as properties:
        properties.write("      - name: part_count\n        data_type: bigint\n")

    house.build()

    after = aggregates(house)
    assert {name for name in before if before[name] != after[name]} == {
        *("rollup_15m", "rollup_30m", "rollup_1h", "rollup_4h")
    }
    assert house.query("select distinct part_count from core.rollup_15m") == [(3,)]
    assert_marts_are_right(house)


@pytest.mark.parametrize("is_compressed", [False, True], ids=["rows", "columns"])
def test_full_refresh_follows_what_is_landed_and_keeps_dependants(
    house: House, is_compressed: bool
) -> None:
    house.execute(
        "create schema theirs; create view theirs.closes as"
        " select bar_start_at, close from core.bars_1m; create view theirs.days as"
        " select * from theirs.closes where bar_start_at < '2024-01-10'"
    )
    gone = "bar_start_at between '2024-01-02 14:40+00' and '2024-01-02 14:47+00'"
    values, kept, before = (
        house.query(sql.replace("order by", f"where {condition} order by"))
        for sql, condition in ((VALUES, "true"), (VALUES, f"not ({gone})"), (CORE, f"not ({gone})"))
    )
    assert len(values) - len(kept) == 8
    if is_compressed:
        assert house.query(COMPRESS) == [(2,)]

    house.build(full_refresh=True)
    assert house.query(VALUES) == values

    house.execute(f"delete from staging.raw_bars where {gone}")
    house.build(full_refresh=True)

    assert house.query(VALUES) == kept
    if not is_compressed:
        # Rows that did not change were not written, their lineage included.
        assert house.query(CORE) == before
    assert house.query("select count(*) from theirs.days") == [(112,)]
    assert house.query("select count(*) from core.bars_1m_revisions") == [(8,)]
    assert_marts_are_right(house)


def test_full_refresh_of_one_hypertable_alone_is_refused(
    house: House, capfd: pytest.CaptureFixture[str]
) -> None:
    before = house.query(CORE)
    arguments = ["run", "--full-refresh", "--select", "bars_1m"]
    assert transform.run_dbt(arguments, house.settings, house.warehouse) == 1
    said = " ".join(capfd.readouterr().out.split())
    assert "alone would delete every bar that is not pending" in said
    assert "Select +bars_1m, or run `barhouse build --full-refresh`." in said
    assert house.query(CORE) == before


def test_dropped_hypertable_comes_back_whole(house: House) -> None:
    before = house.query(VALUES)
    # By hand: TimescaleDB's cascade gives up where something stands on an aggregate.
    arguments = ["run-operation", "drop_hypertable", "--args", "{name: core.bars_1m}"]
    assert transform.run_dbt(arguments, house.settings, house.warehouse) == 0
    assert house.query("select to_regclass('core.bars_1m'), to_regclass('core.rollup_4h')") == [
        (None, None)
    ]
    house.build()
    assert house.query(VALUES) == before
    assert_marts_are_right(house)


def test_hypertable_with_other_columns_is_refused_and_stays(
    house: House, write_files: WriteFiles
) -> None:
    house.extract("files", config=write_files({"ko.csv": minutes(m0944="59.155")}))
    published = house.query("select count(*) from ops.published_loads")
    table = "alter table core.bars_1m"
    for change, undo, said in (
        ("add column note text", "drop column note", "missing none, surplus note"),
        (
            "rename column trade_count to trades",
            "rename column trades to trade_count",
            "missing trade_count, surplus trades",
        ),
    ):
        house.execute(f"{table} {change}")
        before = house.query(CORE)
        with pytest.raises(BarhouseError, match=f"has other columns than its model: {said}"):
            house.build()
        assert house.query(CORE) == before
        house.execute(f"{table} {undo}")
    # The other hypertables took the load in; it waits for this one.
    assert house.query("select count(*) from ops.published_loads") > published
    house.build()
    assert house.query("select count(*) from core.bars_1m where close = 59.155") == [(1,)]
    assert_marts_are_right(house)


def test_refresh_covers_just_the_buckets_of_what_changed(
    house: House, write_files: WriteFiles
) -> None:
    ((last,),) = house.query("select max(range_id) from ops.changed_ranges")
    # 09:44 in New York: the last minute of its 5 and of its 15 minutes.
    house.extract("files", config=write_files({"ko.csv": minutes(m0944="59.155")}))
    house.build()

    utc = "at time zone 'UTC'"
    ranges = house.query(
        f"select relation_name, (range_start_at {utc})::text, (range_end_at {utc})::text"
        " from ops.changed_ranges where range_id > %s order by range_id",
        last,
    )
    day = "2024-01-02"
    assert sorted(ranges) == [
        ("core.bars_1m", f"{day} 14:44:00", f"{day} 14:44:00.000001"),
        ("core.rollup_15m", f"{day} 14:30:00", f"{day} 14:45:00"),
        ("core.rollup_1d", f"{day} 00:00:00", "2024-01-03 00:00:00"),
        ("core.rollup_1h", f"{day} 00:00:00", "2024-01-03 00:00:00"),
        ("core.rollup_30m", f"{day} 00:00:00", "2024-01-03 00:00:00"),
        ("core.rollup_4h", f"{day} 00:00:00", "2024-01-03 00:00:00"),
        ("core.rollup_5m", f"{day} 14:40:00", f"{day} 14:45:00"),
    ]
    assert_marts_are_right(house)


def test_compressed_chunk_takes_corrections_and_late_bars(
    house: House, write_files: WriteFiles
) -> None:
    before = house.query(VALUES)
    assert house.query(COMPRESS) == [(2,)]
    late = f"{DAYS[0]} 15:59:00,KO,60,60,60,60,7\n"
    house.extract("files", config=write_files({"ko.csv": minutes(m0944="59.155") + late}))
    house.build()

    after = house.query(VALUES)
    assert len(after) == len(before) + 1
    assert len(set(after) - set(before)) == 2
    assert house.query("select close::float, volume::float from core.bars_1m_revisions") == [
        (59.16, 114.0)
    ]
    assert_marts_are_right(house)


def test_failed_gate_publishes_nothing(house: House, write_files: WriteFiles) -> None:
    before = house.query(CORE)
    published = house.query("select * from ops.published_loads order by load_id, consumer")
    ((last,),) = house.query("select max(range_id) from ops.changed_ranges")
    good, bad = minutes(m0944="59.155"), minutes("PEP").replace(",59.", ",159.")
    # Opens and closes of a hundred more than the highs and lows.
    lines = [line.split(",") for line in bad.splitlines()[1:]]
    bad = "\n".join(",".join([*x[:3], x[4], x[4], "999", x[6]]) for x in lines)
    house.extract("files", config=write_files({"both.csv": f"{good}{bad}\n"}))

    with pytest.raises(BarhouseError, match="share_of_violations_is_bounded"):
        house.build()

    assert house.query(CORE) == before
    assert published == house.query("select * from ops.published_loads order by load_id, consumer")
    assert house.query("select max(range_id) from ops.changed_ranges") == [(last,)]
    assert house.query("select count(*) from marts.bars_1m where symbol = 'PEP'") == [(0,)]
    assert_marts_are_right(house)
