"""The drill: a warehouse is lost, and comes back from lake and backup; then retention on it."""

from __future__ import annotations

import resource
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from house_kit import House, contents, copy_project, copy_template, house_settings
from kill_kit import killed_everywhere

from barhouse import embedded, transform
from barhouse.backup import backups_in, default_folder, prune_backups, write_backup
from barhouse.backup_restore import restore_backup
from barhouse.errors import BarhouseError
from barhouse.exporting import export_lake, restore_lake
from barhouse.lake import LakeError, ls, verify
from barhouse.maintenance import maintain

NOW = datetime(2026, 1, 2, tzinfo=UTC)
STAGING = "raw_sessions, raw_rejects, requests, _dlt_loads, _dlt_version, _dlt_pipeline_state"


@pytest.fixture(scope="module")
def lake(sample_house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of the demo, with a backup in it."""
    folder = tmp_path_factory.mktemp("drill") / "lake"
    settings = replace(sample_house.settings, lake_dir=folder)
    export_lake(settings, sample_house.warehouse)
    write_backup(settings, sample_house.warehouse, default_folder(folder), made_at=NOW)
    return folder


@pytest.fixture(scope="module")
def fresh(bare: Path, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A bootstrapped database in which nothing ever landed, with the lake of the demo."""
    folder = tmp_path_factory.mktemp("fresh")
    copy_project(folder / "project")
    settings = house_settings(folder / "state", folder / "project")
    house = House(replace(settings, lake_dir=lake))
    copy_template(bare, house)
    house.execute(f"set search_path = staging; truncate {STAGING}")
    yield house
    embedded.stop(house.settings.embedded_dir)


@pytest.fixture(scope="module")
def drilled(fresh: House, lake: Path) -> House:
    """The same, restored and built."""
    (backup,) = backups_in(default_folder(lake))
    done = restore_backup(fresh.settings, fresh.warehouse, backup)
    assert (done.written, done.differing) == ([], [])
    told: list[str] = []
    line = restore_lake(fresh.settings, fresh.warehouse, ["landed_bars"], tell=told.append)
    assert "`barhouse build`" in line
    assert len(told) == len([m for m in ls(lake) if m.dataset == "landed_bars"]) > 0
    fresh.build()
    return fresh


@pytest.fixture(scope="module")
def wanted(sample_house: House) -> dict[str, tuple[int, str]]:
    """What the lost warehouse had."""
    return contents(sample_house.url())


def run_models(house: House, *selected: str) -> None:
    arguments = ["run", "--select", *selected]
    report, stopped = transform._invoke(arguments, house.settings, house.warehouse)
    assert stopped is None, (stopped, report.failures)


def test_a_lost_warehouse_comes_back_bar_by_bar(
    drilled: House, wanted: dict[str, tuple[int, str]]
) -> None:
    seen = contents(drilled.url())
    assert sum(count for count, _ in wanted.values()) > 400_000
    assert {name: seen.get(name) for name in wanted} == wanted
    # the lake has nothing to add: the rows are the same, with their loads and requests
    report = export_lake(drilled.settings, drilled.warehouse)
    assert (report.written, report.removed) == (0, 0)
    line = restore_lake(drilled.settings, drilled.warehouse, ["reported_1d", "landed_bars"])
    assert line.startswith("0 partitions restored")


def test_a_backup_goes_only_into_an_empty_database(drilled: House, lake: Path) -> None:
    (backup,) = backups_in(default_folder(lake))
    with pytest.raises(BarhouseError, match=r"The database is in use \(staging\._dlt_loads"):
        restore_backup(drilled.settings, drilled.warehouse, backup)


def test_seeds_that_differ_are_told_before_anything_is_done(
    fresh: House, lake: Path, tmp_path: Path
) -> None:
    (backup,) = backups_in(default_folder(lake))
    copy_project(tmp_path / "project")
    settings = replace(fresh.settings, project_dir=tmp_path / "project")
    seed = tmp_path / "project" / "seeds" / "symbol_overrides.csv"
    was = seed.read_text()
    seed.write_text(was + "files,equity,X,Y\n")
    with pytest.raises(BarhouseError, match=r"seeds/symbol_overrides\.csv.* --files"):
        restore_backup(settings, fresh.warehouse, backup)
    with zipfile.ZipFile(backup) as archive:
        assert archive.read("files/seeds/symbol_overrides.csv").decode() == was
        assert not [name for name in archive.namelist() if name.endswith(".env")]


def test_a_damaged_backup_is_refused(fresh: House, lake: Path, tmp_path: Path) -> None:
    (backup,) = backups_in(default_folder(lake))
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(tmp_path / "b.zip", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[1:] if name == "tables/staging.requests.copy" else data)
    (tmp_path / "c.zip").write_bytes(backup.read_bytes()[:1000])
    for name, said in (("b", "staging.requests is not what"), ("c", "no whole backup")):
        with pytest.raises(BarhouseError, match=said):
            restore_backup(fresh.settings, fresh.warehouse, tmp_path / f"{name}.zip")
    with pytest.raises(BarhouseError, match="is not there"):
        restore_backup(fresh.settings, fresh.warehouse, tmp_path / "d.zip")


def test_only_the_newest_backups_stay(fresh: House, tmp_path: Path) -> None:
    for day in (1, 2, 3):
        moment = datetime(2026, 1, day, tzinfo=UTC)
        write_backup(fresh.settings, fresh.warehouse, tmp_path, made_at=moment)
    assert prune_backups(tmp_path, 2) == 1
    names = [path.name for path in backups_in(tmp_path)]
    assert names == ["barhouse-20260102T000000Z.zip", "barhouse-20260103T000000Z.zip"]


def set_retention(house: House, text: str) -> None:
    path = house.settings.project_dir / "dbt_project.yml"
    old = path.read_text()
    start = old.index("  retention: ")
    end = old.index("  # Memory for one sort")
    path.write_text(f"{old[:start]}  retention: {text}\n  retention_grace: 0 days\n{old[end:]}")


def chunks(house: House) -> list[tuple[str, str]]:
    return house.query(
        "select range_start::text, range_end::text from timescaledb_information.chunks"
        " where hypertable_name = 'bars_1m' order by range_start"
    )


def test_a_chunk_leaves_only_when_the_lake_stands_in_for_it(drilled: House, lake: Path) -> None:
    set_retention(drilled, "{bars_1m: 1 day}")
    total = len(chunks(drilled))
    days = [m.partition for m in ls(lake) if m.dataset == "bars_1m"]
    lost, rotten = lake / "bars_1m" / days[0], lake / "bars_1m" / days[-1]
    lost.rename(lake / "away")
    other = days[len(days) // 2].partition("=")[2]
    change = f"update core.bars_1m set close = close %s 1e-18 where bar_start_at::date = '{other}'"
    drilled.execute(change.replace("%s", "+"))
    data = (rotten / "part.parquet").read_bytes()
    (rotten / "part.parquet").write_bytes(data[:-9] + b"?" + data[-8:])
    ((before,),) = drilled.query("select count(*) from core.bars_1m")
    try:
        report = maintain(drilled.settings, drilled.warehouse, lake)
    finally:
        (lake / "away").rename(lost)
        (rotten / "part.parquet").write_bytes(data)
        drilled.execute(change.replace("%s", "-"))
    assert (report.dropped, len(report.kept)) == (total - 3, 3)
    assert "is not there; run `barhouse export` first" in report.kept[0]
    assert "does not hold just the rows of the database" in report.kept[1]
    assert "is damaged. The hash is" in report.kept[2]
    ((after,),) = drilled.query("select count(*) from core.bars_1m")
    assert after == before - report.rows_dropped > 0
    assert len(chunks(drilled)) == 3
    assert report.compressed >= total
    assert report.refreshed == []
    assert verify(lake) == []


def test_a_retention_killed_anywhere_leaves_the_chunk_or_the_lake(
    drilled: House, lake: Path
) -> None:
    query = "select (select count(*) from core.bars_1m), (select count(*) from ops.archived_ranges)"
    ((rows, ranges),) = drilled.query(query)
    states = killed_everywhere(drilled, "drop", *chunks(drilled)[0])
    ((rows_left, more_ranges),) = drilled.query(query)
    assert rows_left < rows
    assert more_ranges > ranges
    assert len(states) > 10
    for standing, archived, marked, problems in states:
        assert problems == 0
        # it is there, and the database says so; or it is gone, and both say so
        assert (standing, archived) in {(rows, ranges), (rows_left, more_ranges)}
        assert marked >= archived
    assert states[-1][:3] == [rows_left, more_ranges, more_ranges]
    assert len(chunks(drilled)) == 2


def test_what_was_rolled_up_outlives_the_minutes(
    drilled: House,
    lake: Path,
    wanted: dict[str, tuple[int, str]],
    write_files: Callable[..., Path],
) -> None:
    present = drilled.query(PRESENT)
    report = maintain(drilled.settings, drilled.warehouse, lake)
    assert (report.dropped, report.kept) == (2, [])
    assert drilled.query("select count(*) from core.bars_1m") == [(0,)]
    # neither a range that was left over nor bars that land late make an aggregate forget
    drilled.execute(
        "insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)"
        " select 'core.bars_1m', min(range_start_at), max(range_end_at), 1 from ops.archived_ranges"
    )
    land_late(drilled, write_files)
    run_models(drilled, "+rollup_4h", "+rollup_1d", "bars_intraday", "bars_1d")
    assert drilled.query("select count(*) from prep.int_loads__pending") == [(1,)]
    waiting = "select count(*) from staging._dlt_loads where load_id not in"
    ledger = "(select load_id from ops.published_loads where consumer = %s)"
    assert drilled.query(f"{waiting} {ledger}", "core.bars_1d") == [(0,)]
    assert drilled.query("select count(*) from core.bars_1m") == [(0,)]
    rolled = [name for name in wanted if "rollup" in name or name in ROLLED]
    assert len(rolled) > 10
    assert contents(drilled.url(), *rolled) == {name: wanted[name] for name in rolled}
    # what is expected is still known to be present, and what landed late what it waits for
    run_models(drilled, "day_profiles", "gaps")
    assert drilled.query(PRESENT) == present
    assert drilled.query(VERDICTS, LATE[:10]) == [("archived",)]
    # nothing in the lake is taken for gone
    export = export_lake(drilled.settings, drilled.warehouse)
    assert export.removed == 0
    assert export.archived == len([m for m in ls(lake) if m.dataset == "bars_1m"])


ROLLED = {f"marts.bars_{width}" for width in ("5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo")}
LATE = "2018-01-20 12:00:00"
PRESENT = (
    "select symbol, sum(expected_count) from quality.gaps"
    " where timeframe = '1m' and state = 'present' group by symbol order by symbol"
)
VERDICTS = (
    "select bars.verdict from core.symbol_history as history, lateral"
    " quality.landed_bars(history.instrument_id, %s::date) as bars"
    " where history.symbol = 'LATE/BTC'"
)


def land_late(house: House, write_files: Callable[..., Path]) -> None:
    """Land one more minute of a day that only the lake holds."""
    text = f"time,symbol,open,high,low,close,volume\n{LATE},LATE/BTC,1,1,1,1,1\n"
    config = write_files(
        {"late.csv": text},
        asset_class="crypto",
        exchange="CRYPTO",
        timezone="UTC",
        currency="USD",
        volume_unit="base",
        session_scope="regular",
    )
    house.extract("files", config=str(config))


def test_an_aggregate_is_not_made_anew_from_a_part(drilled: House) -> None:
    drilled.execute(
        "update ops.aggregate_states set definition_hash = 'other'"
        " where relation_name = 'core.rollup_5m'"
    )
    arguments = ["run", "--select", "rollup_5m"]
    report, _ = transform._invoke(arguments, drilled.settings, drilled.warehouse)
    assert "are in the lake only" in report.failures[0]
    assert "`barhouse lake restore --archived`" in report.failures[0]


def test_a_restore_killed_anywhere_brings_all_or_nothing(drilled: House, lake: Path) -> None:
    day = next(m for m in ls(lake) if m.dataset == "bars_1m")
    ((archived,),) = drilled.query("select count(*) from ops.archived_ranges")
    states = killed_everywhere(drilled, "restore", day.partition)
    assert len(states) > 8
    for rows, ranges, marked, problems in states:
        assert problems == 0
        assert (rows, ranges) in {(0, archived), (day.rows, archived - 1)}
        assert marked in {archived, archived - 1}
    assert states[-1] == [day.rows, archived - 1, archived - 1, 0]


def test_a_restore_completes_and_never_overwrites(drilled: House, lake: Path) -> None:
    day = next(m for m in ls(lake) if m.dataset == "bars_1m")
    restoring = (drilled.settings, drilled.warehouse, [f"bars_1m/{day.partition}"])
    inside = f"where bar_start_at between '{day.time_min}' and '{day.time_max}'"
    first = f"{inside} and bar_start_at < '{day.time_min}'::timestamptz + interval '3 minutes'"
    ((gone,),) = drilled.query(f"select count(*) from core.bars_1m {first}")
    assert 0 < gone < day.rows
    drilled.execute(f"delete from core.bars_1m {first}")
    assert restore_lake(*restoring).startswith(f"1 partitions restored ({gone:,} rows), 0 were")
    assert restore_lake(*restoring) == "0 partitions restored (0 rows), 1 were there already"
    assert drilled.query(f"select count(*) from core.bars_1m {inside}") == [(day.rows,)]
    # what the database says otherwise, and a file that is not what it was
    drilled.execute(f"update core.bars_1m set close = close + 1e-18 {first}")
    drilled.execute(f"delete from core.bars_1m where bar_start_at = '{day.time_max}'")
    with pytest.raises(LakeError, match="not just the same; nothing was written"):
        restore_lake(*restoring)
    assert drilled.query(f"select count(*) < {day.rows} from core.bars_1m {inside}") == [(True,)]
    drilled.execute(f"delete from core.bars_1m {inside}")
    path = lake / "bars_1m" / day.partition / "part.parquet"
    data = path.read_bytes()
    path.write_bytes(data[:100] + b"?" + data[101:])
    try:
        with pytest.raises(LakeError, match="cannot be restored: The hash is"):
            restore_lake(*restoring)
    finally:
        path.write_bytes(data)
    assert restore_lake(*restoring).startswith(f"1 partitions restored ({day.rows:,} rows)")


def test_a_full_disk_of_the_database_is_one_sentence(drilled: House, lake: Path) -> None:
    day = max((m for m in ls(lake) if m.archived_at), key=lambda m: m.rows)
    name = f"{day.dataset}/{day.partition}"
    server = embedded.start(drilled.settings.embedded_dir).pid
    limits = resource.prlimit(server, resource.RLIMIT_FSIZE)
    resource.prlimit(server, resource.RLIMIT_FSIZE, (1 << 16, limits[1]))
    try:
        with pytest.raises(LakeError, match=f"{name} was not restored: .*nothing of it") as caught:
            restore_lake(drilled.settings, drilled.warehouse, [name])
    finally:
        resource.prlimit(server, resource.RLIMIT_FSIZE, limits)
    assert "the disk of the database is full" in str(caught.value)
    line = restore_lake(drilled.settings, drilled.warehouse, [name])
    assert line.startswith(f"1 partitions restored ({day.rows:,} rows)")


def test_all_comes_back_and_so_does_what_landed_meanwhile(
    drilled: House, wanted: dict[str, tuple[int, str]]
) -> None:
    ((before,),) = drilled.query("select array_agg(version_id) from ops.bar_versions")
    restore_lake(drilled.settings, drilled.warehouse, [], archived=True)
    assert drilled.query("select count(*) from ops.archived_ranges") == [(0,)]
    seen = contents(drilled.url(), "core.bars_1m", "marts.bars_1m")
    assert seen == {name: wanted[name] for name in seen}
    run_models(drilled, "+bars_1m")
    ((late,),) = drilled.query(
        "select count(*) from marts.bars_1m where symbol = 'LATE/BTC' and bar_start_at = %s",
        f"{LATE}+00",
    )
    assert late == 1
    assert contents(drilled.url(), "core.bars_1m")["core.bars_1m"][0] == seen["core.bars_1m"][0] + 1
    # days that came back are looked at again, and answers that were kept are not given
    ((days, versions),) = drilled.query(
        "select (select count(*) from ops.changed_days where timeframe = '1m'),"
        " (select count(*) from ops.bar_versions where relation_name = 'core.bars_1m'"
        " and version_id <> all (%s))",
        before,
    )
    assert days > 2
    assert versions > 2
    with pytest.raises(LakeError, match="is built from other tables"):
        restore_lake(drilled.settings, drilled.warehouse, ["bars_5m"])
    with pytest.raises(LakeError, match=r"near are date=2018-01-2"):
        restore_lake(drilled.settings, drilled.warehouse, ["bars_1m/date=2018-01-2O"])


def test_a_full_refresh_needs_what_landed(drilled: House) -> None:
    drilled.execute(
        "delete from staging.raw_bars where _dlt_load_id in"
        " (select _dlt_load_id from staging.raw_bars where timeframe = '1d' limit 1)"
    )
    before = contents(drilled.url(), "core.bars_1d")
    arguments = ["run", "--full-refresh", "--select", "int_bars__judged", "bars_1d"]
    report, stopped = transform._invoke(arguments, drilled.settings, drilled.warehouse)
    assert stopped is not None
    assert "1 loads that it has published are not in staging.raw_bars" in report.failures[0]
    assert contents(drilled.url(), "core.bars_1d") == before
