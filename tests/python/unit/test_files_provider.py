"""The files provider from its YAML: requests, fingerprints, and every mistake in the YAML."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_files_kit import HEADER, Landed, collect, request

from extract.providers import Provider, ProviderError
from extract.sources.files import PROVIDER

ENTRY = """\
version: 1
files:
  - path: "bars/*.csv"
    columns: {time: time, open: open, high: high, low: low, close: close, volume: volume}
    symbol: ON
    timeframe: 1m
    timezone: UTC
    basis: raw
    asset_class: equity
    exchange: XNAS
    currency: USD
    session_scope: regular
"""
GOOD = "2024-01-02 14:30,1,2,0.5,1.5,100\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "a.csv").write_text(HEADER + GOOD)
    return tmp_path


def run(
    folder: Path, text: str = ENTRY, is_landed: Callable[[str], bool] = lambda _: False
) -> Landed:
    (folder / "bars.yaml").write_text(text)
    options: dict[str, Any] = {"config": folder / "bars.yaml"}
    return collect(PROVIDER.batches(request(folder, is_landed, **options)))


def test_it_is_a_provider() -> None:
    assert isinstance(PROVIDER, Provider)
    assert PROVIDER.name == "files"


def test_each_file_ends_with_one_requests_row(folder: Path) -> None:
    (folder / "bars" / "b.csv").write_text("broken")
    (folder / "bars" / "c.csv").write_text("")
    landed = run(folder)
    assert [row["source"] for row in landed.requests] == ["bars/a.csv", "bars/b.csv", "bars/c.csv"]
    assert [row["outcome"] for row in landed.requests] == ["rows", "failed", "empty"]
    assert landed.batches[-1].table == "requests"


def test_a_symbol_yaml_takes_for_a_flag_stays_a_symbol(folder: Path) -> None:
    assert run(folder).bars[0]["provider_symbol"] == "ON"


def test_a_landed_file_yields_nothing(folder: Path) -> None:
    landed = {row["fingerprint"] for row in run(folder).requests}
    assert run(folder, is_landed=landed.__contains__).batches == []


def test_a_failed_file_is_tried_again(folder: Path) -> None:
    (folder / "bars" / "a.csv").write_text("broken")
    landed = {row["fingerprint"] for row in run(folder).requests}
    assert len(run(folder, is_landed=landed.__contains__).requests) == 1


@pytest.mark.parametrize("change", ["content", "entry", "path"])
def test_a_fingerprint_follows_content_and_entry_but_not_the_path(
    folder: Path, change: str
) -> None:
    before = run(folder).request["fingerprint"]
    text = ENTRY
    if change == "content":
        (folder / "bars" / "a.csv").write_text(HEADER + GOOD + "\n")
    elif change == "entry":
        text = ENTRY.replace("currency: USD", "currency: EUR")
    else:
        (folder / "bars" / "a.csv").rename(folder / "bars" / "z.csv")
    assert (run(folder, text).request["fingerprint"] == before) == (change == "path")


def test_a_copy_in_the_same_run_lands_once(folder: Path) -> None:
    (folder / "bars" / "copy.csv").write_text(HEADER + GOOD)
    assert [row["source"] for row in run(folder).requests] == ["bars/a.csv"]


def test_the_same_run_gives_the_same_request_ids(folder: Path) -> None:
    first, second = run(folder).request, run(folder).request
    assert first == second
    assert len(first["request_id"]) == 32


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_fails(folder: Path) -> None:
    (folder / "bars" / "a.csv").chmod(0)
    assert "cannot be opened" in run(folder).request["reason"]


def test_merge_keys_share_settings_between_entries(folder: Path) -> None:
    text = ENTRY.replace("  - path", "  - &first\n    path")
    text += '  - <<: *first\n    symbol: IBM\n    path: "bars/a.csv"\n'
    assert [bar["provider_symbol"] for bar in run(folder, text).bars] == ["ON", "IBM"]


def test_the_example_in_the_repository_is_valid(tmp_path: Path) -> None:
    example = Path(__file__).parents[3] / "config" / "files.example.yaml"
    for name in ("bars/AAPL_1m.csv", "daily/2024.csv.gz", "crypto/ETH_BTC-5m.json", "fx.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    landed = run(tmp_path, example.read_text())
    assert [row["outcome"] for row in landed.requests] == ["empty"] * 4


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("version: 1", "version: 2", 1, "version is '2'; expected 1."),
        ("version: 1\n", "", 1, "version is missing"),
        ("files:", "file:", 2, "unknown key 'file'; did you mean 'files'?"),
        ("timezone: UTC", "time_zone: UTC", 7, "did you mean 'timezone'?"),
        ("timezone: UTC", "timezone: Mars/Base", 7, "timezone 'Mars/Base' does not exist"),
        ("timezone: UTC", "timezone: ../UTC", 7, "does not exist"),
        ("timeframe: 1m", "timeframe: 2m", 6, "expected one of 1m, 5m, 15m"),
        ("timeframe: 1m\n    timezone: UTC", "timeframe: 1d", 3, "timezone is missing"),
        ("basis: raw", "basis: adjusted", 8, "basis is 'adjusted'; expected one of raw, split"),
        ("basis: raw", "basis:", 8, "basis is empty"),
        ("basis: raw", "basis: raw\n    basis: none", 9, "the key 'basis' twice"),
        ("    basis: raw\n", "", 3, "the entry has no basis"),
        ("basis: raw", "basis: [raw]", 8, "basis is a list; expected a single value."),
        ("exchange: XNAS", "exchange: Nasdaq", 10, "expected a MIC"),
        ("currency: USD", "currency: $", 11, "expected a code such as USD"),
        ("currency: USD", "final: maybe", 3, "the entry has no currency"),
        ("regular", "regular\n    final: maybe", 13, "final is 'maybe'; expected true or false."),
        ("regular", "regular\n    encoding: klingon", 13, "encoding 'klingon' is unknown"),
        ("regular", "regular\n    delimiter: ';;'", 13, "expected one character"),
        ("regular", "regular\n    label: middle", 13, "expected one of start, end"),
        ("regular", "regular\n    format: xls", 13, "expected one of csv, jsonl, json, parquet"),
        ("regular", "regular\n    time_format: yyyy", 13, "expected iso, epoch_s"),
        (", volume: volume", "", 4, "columns does not map volume"),
        ("{time: time, ", "{", 4, "columns does not map time"),
        ("time: time", "date: time", 4, "map time, as date is for 1d"),
        ("open: open", "opne: open", 4, "unknown key 'opne'; did you mean 'open'?"),
        ("open: open", "open: 1", 4, "is the position 1, but this file names its columns"),
        ("symbol: ON", "symbol: column", 5, "columns maps no symbol"),
        ("symbol: ON", "symbol: ../x", 5, "symbol cannot be landed"),
        ("bars/*.csv", "bars/*.txt", 3, "no file matches path 'bars/*.txt'"),
        ("bars/*.csv", "bars/*", 3, "'a.dat' does not tell its format"),
        ("files:\n", "files: []\nx:\n", 3, "unknown key 'x'"),
        ("symbol: ON", "symbol: [", 7, "not valid YAML"),
        ("symbol: ON", "symbol: *nowhere", 5, "not valid YAML"),
    ],
)
def test_a_mistake_in_the_yaml_is_one_sentence_with_its_line(
    folder: Path, old: str, new: str, line: int, said: str
) -> None:
    (folder / "bars" / "a.csv").rename(folder / "bars" / ("a.dat" if new == "bars/*" else "a.csv"))
    assert old in ENTRY
    with pytest.raises(ProviderError) as caught:
        run(folder, ENTRY.replace(old, new))
    message = str(caught.value)
    assert said in message
    assert message.startswith(f"{folder / 'bars.yaml'}, line {line}: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "version: 1\nfiles: 3\n",
        "version: 1\nfiles: [3]\n",
        "- 1\n",
        "\x00",
        "a: b: c",
    ],
)
def test_a_yaml_that_is_no_description_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(ProviderError, match=r"bars\.yaml"):
        run(folder, text)


@pytest.mark.parametrize("config", [None, 3, "missing.yaml"])
def test_a_missing_yaml_is_refused(tmp_path: Path, config: object) -> None:
    with pytest.raises(ProviderError, match=r"config|cannot be opened"):
        collect(PROVIDER.batches(request(tmp_path, config=config)))
