"""Bars that retention dropped come from the lake, and the answer is what it was, bit by bit.

One warehouse is built and exported; a copy of it then loses most of its intraday bars to retention.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from archived_kit import DAYS, Pair, Question, drop, land, outcome, questions
from house_kit import House, copy_template, house_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from barhouse import BarhouseError, DataAPI, embedded
from barhouse.api import routing
from barhouse.api.quotients import Number
from barhouse.explain import explain
from barhouse.exporting import export_lake, lay_out, restore_lake
from barhouse.lake import files
from barhouse.lake.place import place_of


@pytest.fixture(scope="module")
def pair(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    whole, gone = (House(house_settings(tmp_path_factory.mktemp(n) / "s")) for n in ("w", "g"))
    copy_template(template, whole)
    land(whole, tmp_path_factory.mktemp("files"))
    export_lake(whole.settings, whole.warehouse)
    embedded.stop(whole.settings.embedded_dir)
    copy_template(whole.settings.state_dir, gone)
    shutil.copytree(whole.settings.lake_dir, gone.settings.lake_dir)
    drop(gone)
    yield Pair(whole, gone)
    whole.stop()
    gone.stop()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Partitions that were read, in their order."""
    seen: list[str] = []
    real = routing.rows_of

    def noting(lake: Path, dataset: Any, parts: Any, wanted: Any) -> list[pa.Table]:
        seen.extend(f"{dataset.name}/{one.name}" for one, _ in parts)
        return real(lake, dataset, parts, wanted)

    monkeypatch.setattr(routing, "rows_of", noting)
    return seen


@settings(max_examples=16)
@given(question=questions(), known=st.none() | st.sampled_from(DAYS))
def test_an_answer_is_the_same_wherever_its_bars_lie(
    pair: Pair, question: Question, known: date | None
) -> None:
    seen = []
    for house, use in (
        (pair.whole, "never"), (pair.whole, "always"), (pair.gone, "auto"), (pair.gone, "always"),
    ):  # fmt: skip
        api = pair.api(house, use)
        if known is not None:
            api = api.as_of(known, known_since="day")
        seen.append(outcome(api, question))
    if isinstance(seen[0], str):
        assert "exchange them" in seen[0]
        assert seen == seen[:1] * 4
    else:
        assert [table.schema for table in seen] == [seen[0].schema] * 4
        assert [table.equals(seen[0]) for table in seen] == [True] * 4


NUMBERS = st.decimals(-(10**19), 10**19, places=18) | st.decimals(-500, 500, places=4)
RATIOS = st.decimals("0.000001", 5000, places=30) | st.sampled_from(["7", "0.1", "1.5", "4"])


@settings(max_examples=8)
@given(st.lists(st.tuples(NUMBERS, RATIOS.map(Decimal), RATIOS.map(Decimal)), min_size=40))
def test_quotients_are_those_of_the_database(
    pair: Pair, triples: list[tuple[Decimal, Decimal, Decimal]]
) -> None:
    texts = [[f"{number:f}" for number in column] for column in zip(*triples, strict=True)]
    rows = pair.whole.query(
        "select trim_scale(x::numeric(38, 18) / y::numeric(60, 30) * z::numeric(60, 30))::text,"
        " (trim_scale(x::numeric(38, 18)) / y::numeric(60, 30) * z::numeric(60, 30))::text,"
        " (trim_scale(x::numeric(38, 18)) / y::numeric(60, 30) * z::numeric(60, 30))::float8"
        " from unnest(%s::text[], %s::text[], %s::text[]) as t (x, y, z)",
        *texts,
    )
    for (x, y, z), (_, text, double) in zip(triples, rows, strict=True):
        ratio, factor = (Number.of(f"{one:.30f}") for one in (y, z))
        seen = Number.trimmed(x).over(ratio).times(factor)
        assert seen == Number.of(text)
        assert seen.nearest() == double


def test_only_what_is_needed_is_read(pair: Pair, read: list[str]) -> None:
    auto, always = pair.api(pair.gone), pair.api(pair.whole, "always")
    assert len(auto.get_ohlc("KO", "2022-06-24", None, "1m")) == 15 * 5
    assert len(auto.get_ohlc("META", "2022-06-06", "2022-06-24")) == 14
    assert read == []
    # Of the days around, none; of PEP, the one day with minutes.
    assert len(auto.get_ohlc("KO", "2022-06-14", "2022-06-15", "1m")) == 30
    assert read == ["bars_1m/date=2022-06-14", "bars_1m/date=2022-06-15"]
    read.clear()
    assert len(auto.get_ohlc("PEP", timeframe="1m")) == 15
    assert read == [f"bars_1m/date={DAYS[5]}"]
    read.clear()
    assert len(always.get_ohlc("META", "2022-06-27 12:00", "2022-06-28 12:00", "1m")) > 0
    assert read == ["bars_1m/date=2022-06-27", "bars_1m/date=2022-06-28"]
    # Before and after the new name, under the one that was asked for.
    answer = auto.arrow("META", "2022-06-08", "2022-06-09", "1m")
    assert answer["symbol"].unique().to_pylist() == ["META"]
    assert answer.num_rows == 18


def test_every_form_of_an_answer_is_the_same(pair: Pair) -> None:
    whole, gone = pair.api(pair.whole, "never"), pair.api(pair.gone)
    for ask in (
        lambda api: api.last_bars("KO", 120, "2022-06-24", "1m", adjusted="total_return"),
        lambda api: api.get_ohlc_with_indicators("KO", ["SMA_9", "VWAP"], "2022-06-21", None, "1m"),
        lambda api: api.get_multi_symbol(["META", "KO"], timeframe="1m", wide=True),
        lambda api: api.coverage("KO"),
        lambda api: api.coverage("META"),
        lambda api: api.coverage("PEP"),
    ):
        pd.testing.assert_frame_equal(ask(gone), ask(whole), check_exact=True)
    one, other = (api.get_ohlc("KO", timeframe="1m", frame="polars") for api in (gone, whole))
    assert one.equals(other)


def test_an_explanation_says_what_the_lake_alone_holds(pair: Pair) -> None:
    day = date(2022, 6, 13)
    for house, count in ((pair.whole, None), (pair.gone, 15)):
        found = explain(house.warehouse, "KO", day)
        assert [row["bar_count"] for row in found.archived] == [count] * (count is not None)
        assert {row["verdict"] for row in found.landed} == {"archived" if count else "published"}
        assert found.day is not None


def test_a_kept_answer_outlives_retention(pair: Pair, read: list[str]) -> None:
    ask = ("KO", "2022-06-07", "2022-06-08", "1m")
    kept = DataAPI(settings=pair.gone.settings, lake="auto")
    first = kept.get_ohlc(*ask)
    count = len(read)
    assert count > 0
    assert kept.get_ohlc(*ask).equals(first)
    assert len(read) == count


def test_the_shelf_takes_what_the_lake_alone_has(
    pair: Pair, read: list[str], tmp_path: Path
) -> None:
    found = replace(pair.gone.settings, database_url=pair.gone.url(), state_dir=tmp_path)
    lay_out(found, pair.gone.warehouse, read.append)
    assert "bars_1m/date=2022-06-14" in read
    read.clear()
    shelved = DataAPI(settings=found, lake="never", cache_bytes=0).get_ohlc("KO", timeframe="1m")
    assert shelved.equals(pair.api(pair.whole, "never").get_ohlc("KO", timeframe="1m"))
    assert read == []


def test_what_the_lake_cannot_give_is_refused(pair: Pair) -> None:
    gone = pair.api(pair.gone)
    for ask in (
        lambda: pair.api(pair.gone, "never").get_ohlc("KO", timeframe="1m"),
        lambda: gone.get_ohlc("KO", timeframe="7m"),
        lambda: gone.as_of("2030-01-01").get_ohlc("KO", "2022-06-21"),
        lambda: gone.as_of("2030-01-01").get_ohlc("KO", "2022-06-21", timeframe="1m"),
    ):
        with pytest.raises(
            BarhouseError, match=r"are in the lake alone, and .* --archived` brings"
        ):
            ask()
    with pytest.raises(BarhouseError, match="lake is 'maybe'; expected auto or always or never"):
        pair.api(pair.gone, "maybe")
    # What is still there is answered.
    assert len(gone.get_ohlc("KO", "2022-06-27", timeframe="7m")) > 30
    assert len(gone.as_of("2030-01-01").get_ohlc("KO", "2022-06-27", timeframe="1m")) == 60


def test_damage_is_one_sentence_and_no_short_answer(pair: Pair, tmp_path: Path) -> None:
    ask = ("KO", "2022-06-07", "2022-06-08", "1m")
    gone = pair.api(pair.gone)
    wanted = gone.get_ohlc(*ask)
    folder = pair.gone.settings.lake_dir / "bars_1m" / "date=2022-06-08"
    path = folder / files.DATA
    data, manifest = path.read_bytes(), (folder / files.MANIFEST).read_text()
    said = (
        "Bars of 2022-06-0. to 2022-06-.. are in the lake alone, and the lake does not give them: "
    )
    flipped = data[:90] + bytes([data[90] ^ 1]) + data[91:]
    for harm, why in (
        (lambda: path.write_bytes(flipped), "is damaged: its"),
        (lambda: path.write_bytes(data[:-100]), "is damaged: its hash"),
        (path.unlink, "is not there"),
        (lambda: (folder / files.MANIFEST).write_text("{}"), "expected a whole number"),
        ((folder / files.MANIFEST).unlink, "is not there"),
        (lambda: (folder / files.MANIFEST).write_text(
            json.dumps({**json.loads(manifest), "archived_at": None})), "not marked as archived"),
    ):  # fmt: skip
        harm()
        try:
            with pytest.raises(BarhouseError, match=f"{said}.*{why}"):
                gone.get_ohlc(*ask)
        finally:
            path.write_bytes(data)
            (folder / files.MANIFEST).write_text(manifest)
    assert gone.get_ohlc(*ask).equals(wanted)
    elsewhere = replace(pair.gone.settings, lake_dir=tmp_path / "nothing")
    with pytest.raises(BarhouseError, match=f"{said}.*nothing/bars_1m/.* is not there"):
        DataAPI(settings=elsewhere, cache_bytes=0).get_ohlc(*ask)
    # Where the database has the bars too, it gives them.
    copy = pair.whole.settings.lake_dir / "bars_1m" / "date=2022-06-08" / files.DATA
    data = copy.read_bytes()
    copy.write_bytes(data[:90] + bytes([data[90] ^ 1]) + data[91:])
    assert pair.api(pair.whole, "always").get_ohlc(*ask).equals(wanted)
    copy.write_bytes(data)


def test_a_lake_behind_a_url_gives_the_same(pair: Pair) -> None:
    ask = (["KO", "META"], None, None, "1m")
    lake = place_of("memory://api-lake")
    lake.fs.put(str(pair.gone.settings.lake_dir), lake.path, recursive=True)
    behind = replace(pair.gone.settings, lake_url="memory://api-lake")
    wanted = pair.api(pair.whole, "never").arrow(*ask)
    assert DataAPI(settings=behind, cache_bytes=0).arrow(*ask).equals(wanted)
    lake.fs.rm(f"{lake.path}/bars_1m/date=2022-06-08/{files.DATA}")
    with pytest.raises(BarhouseError, match=r"memory://.*date=2022-06-08.* is not there"):
        DataAPI(settings=behind, cache_bytes=0).arrow(*ask)


def test_what_changed_since_its_export_is_not_read(pair: Pair, read: list[str]) -> None:
    always = pair.api(pair.whole, "always")
    always.get_ohlc("KO", "2022-06-27", timeframe="1m")
    copies = list(read)
    assert len(copies) > 3
    pair.whole.execute(
        "update ops.bar_versions set version_id = gen_random_uuid()"
        " where ctid = (select ctid from ops.bar_versions"
        " where relation_name = 'core.bars_1m' limit 1)"
    )
    read.clear()
    always.get_ohlc("KO", "2022-06-27", timeframe="1m")
    assert read == []
    # The rows did not change: the next export writes nothing and says so.
    assert export_lake(pair.whole.settings, pair.whole.warehouse).written == 0
    always.get_ohlc("KO", "2022-06-27", timeframe="1m")
    assert read == copies


def test_an_export_that_runs_meanwhile_changes_no_answer(pair: Pair) -> None:
    ask = (["KO", "META"], None, None, "1m")
    wanted = pair.api(pair.whole, "never").arrow(*ask)
    with ThreadPoolExecutor(1) as worker:
        exporting = worker.submit(export_lake, pair.whole.settings, pair.whole.warehouse, full=True)
        count = 0
        while not exporting.done() or count < 2:
            assert pair.api(pair.whole, "always").arrow(*ask).equals(wanted)
            count += 1
    assert exporting.result().written > 0


@pytest.mark.parametrize("moment", ["rows", "lake"])
def test_bars_that_are_moved_meanwhile_are_asked_for_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    ask = (["KO", "META"], None, None, "1m")
    wanted = pair.api(pair.whole, "never").arrow(*ask)
    owner, name = (routing.frames, "exact") if moment == "rows" else (routing, "rows_of")
    real, moved = getattr(owner, name), []

    def moving(*given: Any) -> Any:
        if moment == "rows":
            found = real(*given)
        if not moved:
            moved.append(restore_lake(pair.gone.settings, pair.gone.warehouse, [], archived=True))
        return found if moment == "rows" else real(*given)

    monkeypatch.setattr(owner, name, moving)
    assert pair.api(pair.gone).arrow(*ask).equals(wanted)
    assert "partitions restored" in moved[0]
    monkeypatch.undo()
    assert pair.api(pair.gone, "never").arrow(*ask).equals(wanted)
    export_lake(pair.gone.settings, pair.gone.warehouse)
    drop(pair.gone)
    assert pair.api(pair.gone).arrow(*ask).equals(wanted)
