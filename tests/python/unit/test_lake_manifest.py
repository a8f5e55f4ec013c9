"""The manifest and the partition names: what is written is read back, anything else is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_lake_kit import data_of, put, rows

from barhouse.lake import DATASETS, Grain, LakeError, Partition
from barhouse.lake.datasets import LANDED
from barhouse.lake.manifest import parse_manifest
from barhouse.lake.partitions import LoadPartition, parse_partition

FIRST = {Grain.DAY: {}, Grain.MONTH: {"day": 1}, Grain.YEAR: {"month": 1, "day": 1}}


@given(st.sampled_from(list(FIRST)), st.dates(date(1900, 1, 1), date(2200, 1, 1)))
def test_a_partition_is_read_back_from_its_name(grain: Grain, day: date) -> None:
    partition = Partition(grain, day.replace(**FIRST[grain]))
    assert parse_partition(partition.name) == partition
    assert partition.start <= day < partition.end
    following = Partition(grain, partition.end)
    assert following.start - timedelta(days=1) >= partition.start
    assert following.name > partition.name


@pytest.mark.parametrize(
    "name",
    [
        "", "date=", "date=2018-1-2", "date=2018-01", "date=20180120", "month=2018-13",
        "month=2018-01-01", "year=18", "symbol=AAPL", "date=2018-01-20x", "date=../../etc",
        "date=2018-W01-1", "year=2018-01", "Date=2018-01-20", "load=", "load=../x", "load=a/b",
        "load=.hidden", "load=it's",
    ],
)  # fmt: skip
def test_other_names_are_no_partition(name: str) -> None:
    assert parse_partition(name) is None


def test_a_load_is_read_back_from_its_name() -> None:
    assert parse_partition("load=1764064920.0441") == LoadPartition("1764064920.0441")


def test_names_of_datasets_are_plain_and_once() -> None:
    names = [dataset.name for dataset in (*DATASETS, LANDED)]
    assert len(set(names)) == len(names) == 12
    assert all(name.replace("_", "").isalnum() for name in names)


@pytest.fixture
def text(tmp_path: Path) -> str:
    table = rows(3)
    manifest = put(tmp_path / "lake", data_of(tmp_path, table), table)
    assert parse_manifest(manifest.to_json()) == manifest
    return manifest.to_json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": "3"}, "rows is '3'; expected a whole number"),
        ({"rows": True}, "rows is True"),
        ({"bytes": -1}, "bytes is -1"),
        ({"sha256": "abc"}, "expected 64 hexadecimal digits"),
        ({"partition": "../x"}, "partition is '../x'"),
        ({"basis": None}, "basis is None; expected a text"),
        ({"git_sha": 5}, "git_sha is 5; expected a text or null"),
        ({"schema": "x"}, "schema is not a list"),
        ({"schema": [{"name": "a"}]}, "schema is not a list"),
        ({"colour": 1}, "unknown key 'colour'"),
    ],
)
def test_a_wrong_field_is_named(text: str, change: dict[str, object], said: str) -> None:
    with pytest.raises(LakeError) as caught:
        parse_manifest(json.dumps(json.loads(text) | change))
    assert said in str(caught.value)


@pytest.mark.parametrize("broken", ["", "{", "[]", "3"])
def test_what_is_no_object_is_refused(broken: str) -> None:
    with pytest.raises(LakeError, match=r"JSON|expected an object"):
        parse_manifest(broken)
