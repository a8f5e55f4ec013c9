"""What stands follows its configuration, and a build with nothing new writes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from house_kit import ROOT, House
from minutes_kit import DAYS, assert_marts_are_right, minutes

from barhouse import transform
from barhouse.maintenance import maintain
from extract.settings import Settings

MODELS = ["run", "--select", "bars_1m", "rollup_15m"]
CHUNKS = (
    "select count(*), count(*) filter (where is_compressed) from timescaledb_information.chunks"
    " where hypertable_name = (select materialization_hypertable_name"
    " from timescaledb_information.continuous_aggregates where view_name = 'rollup_5m')"
)
SETTINGS = """
select
    coalesce(aggregates.user_view_name, tables.table_name)::text,
    (interval '1 microsecond' * dimensions.interval_length)::text,
    aggregates.materialized_only,
    array_to_string(settings.segmentby, ','),
    array_to_string(settings.orderby, ','),
    jobs.config ->> 'compress_after',
    jobs.initial_start is not null
from _timescaledb_catalog.hypertable as tables
left join _timescaledb_catalog.continuous_agg as aggregates
    on tables.id = aggregates.mat_hypertable_id
inner join _timescaledb_catalog.dimension as dimensions on tables.id = dimensions.hypertable_id
inner join _timescaledb_catalog.compression_settings as settings
    on format('%I.%I', tables.schema_name, tables.table_name) = settings.relid::text
left join timescaledb_information.jobs as jobs
    on tables.id = (jobs.config ->> 'hypertable_id')::integer
where coalesce(aggregates.user_view_name, tables.table_name) in ('bars_1m', 'rollup_15m')
order by 1
"""
#: Every table and chunk of core, with what it is stored in. A chunk that is compressed shows no
#: places: its rows lie in a table of its own, which is among them.
STORED = """
select
    pg_class.oid::regclass::text,
    relfilenode::bigint,
    not exists (
        select from _timescaledb_catalog.chunk
        where table_name = relname and compressed_chunk_id is not null
    )
from pg_class
where
    relkind = 'r'
    and relnamespace::regnamespace::text in ('core', '_timescaledb_internal')
    and relname not like 'bgw%' and relname not like '%job%'
order by 1
"""


@pytest.fixture
def house(minutes_house: Path, tmp_path: Path) -> Iterator[House]:
    """A built warehouse with the minutes, of the test's own."""
    state = shutil.copytree(minutes_house, tmp_path / "state")
    made = House(Settings(ROOT, state, state / "lake", None))
    yield made
    made.stop()


def run(house: House) -> str:
    """Build two models anew; return what went wrong."""
    report, _ = transform._invoke(MODELS, house.settings, house.warehouse)
    return "; ".join(report.failures)


def edit(path: Path, **changes: str) -> None:
    """Replace lines of a file by others, told by how they begin."""
    lines = path.read_text().splitlines()
    for start, line in changes.items():
        found = [n for n, text in enumerate(lines) if text.strip().startswith(start)]
        lines[found[0]] = line
    path.write_text("\n".join(lines) + "\n")


def test_configuration_that_changed_is_applied_or_refused(
    house: House, project_copy: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    house.settings = replace(house.settings, project_dir=project_copy)
    bars, rollup = (
        project_copy / "models" / "core" / f"{name}.sql" for name in ("bars_1m", "rollup_15m")
    )
    assert [row[-2:] for row in house.query(SETTINGS)] == [("14 days", True), (None, False)]
    before = house.query("select xmin::text, * from core.bars_1m order by bar_start_at")
    edit(
        bars,
        chunk_interval="    chunk_interval='3 days',",
        segment_by="    segment_by=['instrument_id', 'session_scope'],",
        order_by="    order_by='session_date, bar_start_at',",
        compress_after="    indexes=[{'columns': ['session_date', 'feed'], 'type': 'btree'}],",
    )
    edit(
        rollup,
        segment_by="    segment_by=['instrument_id', 'session_scope'],",
        order_by="    materialized_only=false,",
        compress_after="    indexes=[{'columns': ['session_date', 'is_final']}],",
    )

    assert run(house) == ""

    assert house.query(SETTINGS) == [
        (
            *("bars_1m", "72:00:00", None, "instrument_id,session_scope"),
            *("session_date,bar_start_at", None, False),
        ),
        (
            *("rollup_15m", "1680:00:00", False, "instrument_id,session_scope"),
            # by `barhouse maintain` here: see the macro has_compress_after
            *("bucket_start_at", None, False),
        ),
    ]
    made = "select count(*) from pg_indexes where indexdef like '%core.bars_1m using btree (sess%'"
    made = made.replace("using", "USING")
    assert house.query(made) == [(1,)]
    of_aggregate = "select count(*) from pg_indexes where indexname like 'rollup_15m__by%'"
    assert house.query(of_aggregate) == [(1,)]
    said = capfd.readouterr().out
    assert "core.bars_1m: chunks made from now on are 3 days long." in said
    assert "core.bars_1m: chunks compressed from now on have segments of" in said
    assert "core.rollup_15m: queries see buckets that are not refreshed, too." in said
    assert house.query("select xmin::text, * from core.bars_1m order by bar_start_at") == before

    # the same once more has nothing to do, and a key that is another one is refused
    assert run(house) == ""
    assert "core." not in capfd.readouterr().out
    edit(bars, indexes="", unique_key="    unique_key=['instrument_id', 'feed', 'bar_start_at'],")
    assert "its primary key is bar_start_at, instrument_id, and the configured unique_key is" in (
        run(house)
    )
    edit(bars, unique_key="    unique_key=['instrument_id', 'bar_start_at'],")
    edit(rollup, indexes="")
    assert run(house) == ""
    assert house.query(made) == house.query(of_aggregate) == [(0,)]


def test_late_bar_in_compressed_chunks_of_an_aggregate(
    house: House, write_files: Callable[..., Path]
) -> None:
    report = maintain(house.settings, house.warehouse, house.settings.lake_dir)
    assert report.compressed >= 3
    assert house.query(CHUNKS) == [(1, 1)]
    late = f"{DAYS[0]} 15:59:00,KO,60,60,60,60,7\n"
    house.extract("files", config=write_files({"ko.csv": minutes(m0944="59.155") + late}))
    house.build()
    assert_marts_are_right(house)
    again = maintain(house.settings, house.warehouse, house.settings.lake_dir)
    assert (again.refreshed, again.compressed > 0) == ([], True)
    assert_marts_are_right(house)
    assert maintain(house.settings, house.warehouse, house.settings.lake_dir).compressed == 0
    # a second build has nothing to write: every row stays where it is
    before = stored(house)
    assert sum(rows for _, rows, _ in before.values()) > 10_000
    comments = house.query(
        "select xmin::text, objoid from pg_description order by objoid, objsubid"
    )
    house.build()
    assert stored(house) == before
    kept = "select xmin::text, objoid from pg_description order by objoid, objsubid"
    assert len(set(house.query(kept)) & set(comments)) > 1_000
    # builds refresh what changed; a policy would erase what only the lake holds
    refreshing = "select count(*) from timescaledb_information.jobs where proc_name like %s"
    assert house.query(refreshing, "policy_refresh%") == [(0,)]


def stored(house: House) -> dict[str, tuple[int, int, str]]:
    """Return file, number of rows, and a hash of where each row lies and what wrote it."""
    seen = {}
    for name, file, has_places in house.query(STORED):
        rows, places = 0, ""
        if has_places:
            ((rows, places),) = house.query(
                "select count(*), md5(string_agg(ctid::text || ' ' || xmin, ',' order by ctid))"
                f" from only {name}"
            )
        seen[name] = (file, rows, places)
    return seen
