"""A warehouse in use whose bars have the notional that earlier versions kept beside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from house_kit import ROOT, House, contents
from minutes_kit import DAYS, FILES_YAML, assert_marts_are_right

from barhouse.bootstrap import bootstrap
from barhouse.errors import BarhouseError
from barhouse.exporting import export_lake, restore_lake
from barhouse.lake.datasets import dataset_named
from barhouse.lake.retention import Chunk, drop_chunk

TABLES = [f"core.bars_{name}" for name in ("1m", "intraday", "1d")]
BUILT = ("core.bars_1m", "core.rollup_5m", "core.rollup_4h", "core.rollup_1d", "marts.bars_4h")
HAS_NOTIONAL = (
    "select count(*) from information_schema.columns"
    " where table_schema = 'core' and table_name like 'bars%' and column_name = 'notional'"
)


def minutes() -> str:
    lines = ["time,symbol,open,high,low,close,volume,vwap"]
    for day in DAYS:
        for number in range(120):
            time = datetime.fromisoformat(f"{day} 09:30:00") + timedelta(minutes=number)
            vwap = "" if number == 44 else f"10.{number:03}7"
            lines.append(f"{time},KO,10,11,9,10.5,{number}.3,{vwap}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def earlier(house: House, tmp_path: Path) -> House:
    """Minutes of two chunks as an earlier version had them, the first of them compressed."""
    (tmp_path / "ko.csv").write_text(minutes())
    described = FILES_YAML.replace("volume: volume", "volume: volume, vwap: vwap")
    (tmp_path / "files.yaml").write_text(described)
    house.extract("files", config=str(tmp_path / "files.yaml"))
    house.build()
    for table in TABLES:
        for name in (table, f"{table}_revisions"):
            house.execute(f"alter table {name} add column notional numeric(38, 18)")
        house.execute(f"update {table} set notional = vwap * volume")
    house.execute("select compress_chunk(show_chunks('core.bars_1m', older_than => '2024-01-10'))")
    house.execute("delete from ops.schema_versions where file_name like '%/0005_%'")
    assert house.query(HAS_NOTIONAL) == [(6,)]
    return house


def upgrade(house: House) -> None:
    assert bootstrap(house.url(), ROOT / "sql_bootstrap") == [
        "migrations/0005_derive_what_was_traded_for.sql"
    ]
    assert house.query(HAS_NOTIONAL) == [(0,)]


def test_bars_stay_and_what_sums_them_up_is_made_anew(earlier: House) -> None:
    before = contents(earlier.url(), *BUILT[1:])
    upgrade(earlier)
    assert earlier.query("select to_regclass('core.rollup_5m')") == [(None,)]
    earlier.build()
    assert contents(earlier.url(), *BUILT[1:]) == before
    assert_marts_are_right(earlier)


def test_partitions_of_an_earlier_version_come_back(earlier: House) -> None:
    export_lake(earlier.settings, earlier.warehouse)
    ((start, end),) = earlier.query(
        "select range_start, range_end from timescaledb_information.chunks"
        " where hypertable_name = 'bars_1m' and is_compressed"
    )
    chunk = Chunk(dataset_named("bars_1m"), start, end)
    assert drop_chunk(earlier.url("transformer"), earlier.settings.lake_dir, chunk) == 120
    upgrade(earlier)
    with pytest.raises(BarhouseError, match=r"core\.rollup_\w+ must be made anew, but"):
        earlier.build()

    restore_lake(earlier.settings, earlier.warehouse, [], archived=True)
    assert earlier.query("select count(*) from core.bars_1m") == [(240,)]
    earlier.build()
    ((whole, parts),) = earlier.query(
        "select (select sum(vwap * volume) from core.bars_1m),"
        " (select sum(notional) from core.rollup_4h)"
    )
    assert whole == parts
    assert_marts_are_right(earlier)
