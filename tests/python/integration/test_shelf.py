"""Answers from the shelf are those of the database, bit by bit, or the database gives them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from house_kit import ROOT, House
from hypothesis import given, settings
from hypothesis import strategies as st
from test_api_keeping import built_house, reporter

from barhouse import BarhouseError, DataAPI
from barhouse.api import asking, shelving
from barhouse.api.shelved import Found, Partly
from barhouse.api.shelving import Shelving
from barhouse.exporting import lay_out
from barhouse.shelf import Shelf, shelf_of, write_block
from extract.settings import Settings

SYMBOLS = ["AAPL", "IBM", "GOOG", "ETH/BTC", "EUR/USD"]


def shelve(house: House | Settings) -> Shelving:
    settings = house if isinstance(house, Settings) else house.settings
    return lay_out(settings, House(settings).warehouse, lambda _: None)


@pytest.fixture
def missed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Questions that the shelf could not answer alone, of any API that uses one."""
    seen: list[Any] = []
    real = asking.found_on

    def noting(shelf: Shelf, query: Any, moment: Any) -> Found | Partly | None:
        found = real(shelf, query, moment)
        if not isinstance(found, Found):
            seen.append(query)
        return found

    monkeypatch.setattr(asking, "found_on", noting)
    return seen


@pytest.fixture(scope="module")
def sample(sample_house: House, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The warehouse of the demo, with a shelf of this file's own."""
    folder = tmp_path_factory.mktemp("shelved")
    found = replace(sample_house.settings, database_url=sample_house.url(), state_dir=folder)
    done = shelve(found)
    assert done.written > 50
    assert done.rows > 80_000
    again = shelve(found)
    assert (again.written, again.unchanged, again.rows) == (0, done.written, 0)
    assert again.size == done.size
    return found


@pytest.fixture(scope="module")
def partly(sample: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same, but of its shelf some files are gone, and some bars are out of date."""
    found = replace(sample, state_dir=tmp_path_factory.mktemp("partly"))
    shelf = shelf_of(found)
    shutil.copytree(shelf_of(sample).folder, shelf.folder)
    for kind, period in (("1d", date(2013, 1, 1)), ("1d_split", date(2012, 1, 1))):
        shelf.path_of(kind, period).unlink()
    for kind, period in (("1d", date(2012, 1, 1)), ("1m", date(2018, 1, 1))):
        block = shelf.block(kind, period)
        assert block is not None
        pages = [page.bars for number in block.versions if (page := block.page(number))]
        versions = dict(block.versions) | dict.fromkeys(list(block.versions)[::2], "old")
        write_block(shelf.path_of(kind, period), versions, pages, pages[0].schema)
    return found


@pytest.fixture(scope="module")
def apis(sample: Settings, partly: Settings) -> Iterator[tuple[DataAPI, ...]]:
    with (
        DataAPI(settings=sample, cache_bytes=0) as shelved,
        DataAPI(settings=partly, cache_bytes=0) as completed,
        DataAPI(settings=sample, cache_bytes=0, shelf=False) as plain,
    ):
        yield shelved, completed, plain


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Questions that the database was asked, of any API."""
    seen: list[Any] = []
    real = asking.fetched

    def noting(query: Any, *given: Any) -> pa.Table:
        seen.append(query)
        return real(query, *given)

    monkeypatch.setattr(asking, "fetched", noting)
    return seen


days = st.sampled_from([date(2012, 1, 1), date(2018, 1, 19), date(2013, 12, 31)]).flatmap(
    lambda first: st.integers(0, 40).map(lambda number: first + timedelta(days=number))
)
bounds = st.none() | days.map(str) | days.map(lambda day: f"{day} 15:30")


@settings(max_examples=60)
@given(
    question=st.fixed_dictionaries(
        {
            "symbols": st.lists(st.sampled_from(SYMBOLS), min_size=1, unique=True),
            "start": bounds,
            "end": bounds,
            "timeframe": st.sampled_from(["1m", "1d", "1d", "5m"]),
            "adjusted": st.sampled_from(["raw", "split", "total_return"]),
            "columns": st.none()
            | st.lists(st.sampled_from(["close", "volume", "open", "vwap"]), min_size=1),
            "frame": st.sampled_from(["arrow", "pandas"]),
        }
    )
)
def test_answers_are_the_same_with_the_shelf_and_without(
    apis: tuple[DataAPI, ...], question: dict[str, Any]
) -> None:
    seen: list[Any] = []
    for api in apis:
        try:
            seen.append(api.get_multi_symbol(**question))
        except BarhouseError as error:
            seen.append(str(error))
    *others, plain = seen
    for one in others:
        if isinstance(plain, pa.Table):
            assert one.schema == plain.schema
        assert one == plain if isinstance(plain, str) else one.equals(plain)


def test_only_pages_that_do_not_hold_come_from_the_database(
    apis: tuple[DataAPI, ...], fetched: list[Any]
) -> None:
    _, completed, plain = apis
    question: Any = (["AAPL", "IBM", "GOOG"], "2011-06-01", "2014-03-31")
    answer = completed.get_multi_symbol(*question)
    # A page each of 2012 is out of date, all of 2013 are gone, those around them are there.
    (old, gone) = fetched
    assert old.days == (date(2012, 1, 1), date(2012, 12, 31))
    assert gone.days == (date(2013, 1, 1), date(2013, 12, 31))
    assert 0 < len(old.instruments) < len(gone.instruments) == 3
    assert answer.equals(plain.get_multi_symbol(*question))
    fetched.clear()
    # An indicator needs what lies before: also that is read in part.
    indicated = completed.get_ohlc_with_indicators("AAPL", ["SMA_200"], "2013-12-01", "2014-01-31")
    assert all(query.days[0].year == 2013 or query.adjusted != "raw" for query in fetched)
    assert indicated.equals(
        plain.get_ohlc_with_indicators("AAPL", ["SMA_200"], "2013-12-01", "2014-01-31")
    )


def test_what_the_shelf_holds_the_database_is_not_asked_for(
    apis: tuple[DataAPI, ...], missed: list[Any]
) -> None:
    shelved, *_ = apis
    assert len(shelved.get_ohlc("AAPL", "2012-01-01", "2012-12-31")) == 250
    assert len(shelved.get_ohlc("AAPL", adjusted="total_return")) > 3000
    assert len(shelved.get_multi_symbol(SYMBOLS[:3], "2012-01-01", "2012-12-31")) == 750
    assert len(shelved.get_ohlc("ETH/BTC", timeframe="1m")) > 2000
    # Nothing adjusts it, so minutes as traded are the answer.
    assert len(shelved.get_ohlc("ETH/BTC", timeframe="1m", adjusted="split")) > 2000
    assert missed == []
    shelved.get_ohlc("AAPL", "2012-01-01", "2012-12-31", columns=["vwap"])
    shelved.get_ohlc("ETH/BTC", timeframe="5m")
    shelved.arrow("AAPL", "2012-01-01", "2012-12-31")
    shelved.as_of("2012-06-30").get_ohlc("AAPL", "2012-01-01")
    assert len(missed) == 4


BOTH: Any = (["COKE", "PEP"], "2024-01-02", "2024-02-01")


def torn_question(house: House, api: DataAPI, monkeypatch: pytest.MonkeyPatch) -> Any:
    # An answer between whose two parts a bar of each instrument is published, and of how many
    # instruments the database was asked.
    read, asked = asking.fetched, []

    def torn(query: Any, *given: Any) -> pa.Table:
        rows = read(query, *given)
        asked.append(len(query.instruments))
        if len(asked) == 1:
            house.execute(
                "update core.bars_1d set close = close - 1 where session_date = '2024-01-02'"
            )
            house.execute("update ops.bar_versions set version_id = gen_random_uuid()")
        return rows

    with monkeypatch.context() as patched:
        patched.setattr(asking, "fetched", torn)
        return api.get_multi_symbol(*BOTH), asked


def test_only_what_a_publish_changed_comes_from_the_database_until_it_is_laid_out(
    house: House,
    write_files: Callable[..., Path],
    missed: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built_house(house, write_files)
    shelve(house)
    api = DataAPI(settings=house.settings, cache_bytes=0)

    def closes(symbol: str, **more: Any) -> list[float]:
        missed.clear()
        return api.get_ohlc(symbol, "2024-01-02", "2024-02-01", **more)["close"].tolist()

    raw = closes("KO")
    assert raw[:4] == [50.0, 50.0, 50.0, 25.0]
    assert closes("KO", adjusted="split")[:4] == [25.0] * 4
    total = closes("KO", adjusted="total_return")
    assert closes("KO", timeframe="1m") == [50.0, 25.0, 24.75]
    assert not missed

    # Another dividend restates what is adjusted by dividends, of one instrument.
    reporter("KO").dividend("2024-03-01", "2.6").land(house)
    house.build()
    assert closes("KO") == raw
    assert not missed
    changed = closes("KO", adjusted="total_return")
    assert changed[0] == pytest.approx(total[0] * 0.9)
    assert len(missed) == 1
    assert closes("PEP", adjusted="total_return")
    assert not missed
    assert shelve(house).rows == 2 * len(api.get_ohlc("KO"))
    assert closes("KO", adjusted="total_return") == changed
    assert not missed

    # A bar that is corrected.
    reporter("PEP").days({"2024-01-03": "51"}).land(house)
    house.build()
    assert closes("KO") == raw
    assert not missed
    assert closes("PEP")[1] == 51.0
    assert len(missed) == 1
    assert shelve(house).rows == 3 * len(api.get_ohlc("PEP"))
    assert closes("PEP")[1] == 51.0
    assert not missed

    # A view that is defined otherwise may give other bars.
    house.execute(
        "update ops.view_states set definition_hash = 'other' where relation_name = 'marts.bars_1d'"
    )
    assert closes("KO") == raw
    assert len(missed) == 1
    shelve(house)
    assert closes("KO") == raw
    assert not missed

    # Another name: what was laid out under it counts no more.
    house.execute("update core.symbol_history set symbol = 'COKE' where symbol = 'KO'")
    assert closes("COKE") == raw
    assert len(missed) == 1

    # Of two instruments one is read; if bars are published meanwhile, both are.
    bars, asked = torn_question(house, api, monkeypatch)
    assert asked == [1, 2]
    assert bars["close"].tolist()[0] == raw[0] - 1
    assert bars.equals(DataAPI(settings=house.settings, shelf=False).get_multi_symbol(*BOTH))


def test_a_publish_while_bars_are_read_is_waited_for(
    house: House, write_files: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    built_house(house, write_files)
    read, times = shelving.fetched, []

    def torn(query: Any, *given: Any) -> pa.Table:
        rows = read(query, *given)
        times.append(query)
        if len(times) == 1:
            reporter("PEP").days({"2024-01-03": "51"}).land(house)
            house.build()
        return rows

    monkeypatch.setattr(shelving, "fetched", torn)
    shelve(house)
    assert len(times) > 4
    api = DataAPI(settings=house.settings, cache_bytes=0)
    assert api.get_ohlc("PEP")["close"].tolist()[1] == 51.0
    assert shelve(house).written == 0


def test_damage_costs_time_and_is_mended(
    sample: Settings, tmp_path: Path, missed: list[Any]
) -> None:
    copied = replace(sample, state_dir=tmp_path)
    shelf = shelf_of(copied)
    shutil.copytree(shelf_of(sample).folder, shelf.folder)
    path = shelf.path_of("1d", date(2012, 1, 1))

    def closes() -> list[float]:
        missed.clear()
        with DataAPI(settings=copied, cache_bytes=0) as api:
            found: list[float] = api.get_ohlc("IBM", "2012-01-01", "2012-12-31")["close"].tolist()
            return found

    right, whole = closes(), path.read_bytes()
    assert not missed
    prices, others = (
        pa.array([right[0], price]).buffers()[1].to_pybytes() for price in (right[1], right[1] + 1)
    )
    assert prices in whole
    for damaged in (whole[: len(whole) // 2], whole.replace(prices, others), b""):
        path.unlink()
        path.write_bytes(damaged)
        assert closes() == right
        assert len(missed) == 1
        assert shelve(copied).written == 1
        assert path.read_bytes() == whole
        assert closes() == right
        assert not missed


def test_a_full_disk_is_one_sentence_and_what_lay_there_stays(partly: Settings) -> None:
    folder = shelf_of(partly).folder
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    places = {
        "BARHOUSE_HOME": str(ROOT),
        "BARHOUSE_STATE_DIR": str(partly.state_dir),
        "BARHOUSE_DATABASE_URL": str(partly.database_url),
    }
    # No file may grow beyond a kilobyte.
    told = subprocess.run(
        ["bash", "-c", f"ulimit -f 1; exec {ROOT / '.venv' / 'bin' / 'barhouse'} shelve"],
        env={**os.environ, **places},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    said = " ".join(told.stderr.split())
    assert ".arrow cannot be written (" in said
    assert "what lay there still does. Make room, or set BARHOUSE_STATE_DIR" in said
    assert "Traceback" not in told.stdout + told.stderr
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
