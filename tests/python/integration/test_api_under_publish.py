"""Whoever asks while a build publishes gets the state before or the state after, whole."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from house_kit import ROOT, House
from minutes_kit import minutes

from barhouse import DataAPI
from barhouse.exporting import lay_out
from extract.settings import Settings

THREADS = 50


@pytest.fixture
def house(minutes_house: Path, tmp_path: Path) -> Iterator[House]:
    """A built warehouse with the minutes, of the test's own."""
    state = shutil.copytree(minutes_house, tmp_path / "state")
    made = House(Settings(ROOT, state, state / "lake", None))
    yield made
    made.stop()


def questions(api: DataAPI) -> dict[str, Callable[[], tuple]]:
    """Return questions whose answers differ in every row once the other prices are there."""
    return {
        **{
            timeframe: lambda timeframe=timeframe: tuple(
                api.get_ohlc("KO", timeframe=timeframe)["close"]
            )
            for timeframe in ("1m", "7m", "30m", "1d")
        },
        "several": lambda: tuple(api.get_multi_symbol(["KO"], timeframe="5m")["open"]),
        "mean": lambda: tuple(
            api.get_ohlc_with_indicators("KO", indicators=["SMA_3"], timeframe="1m")["SMA_3"][2:]
        ),
        "sql": lambda: tuple(
            api.sql("select sum(close) as closes, count(*) as bars from marts.bars_1m").iloc[0]
        ),
    }


def test_fifty_threads_see_one_state_or_the_other(house: House) -> None:
    lay_out(house.settings, house.warehouse, lambda _: None)
    api = DataAPI(settings=house.settings, cache_bytes=0)
    asked = questions(api)
    before = {name: ask() for name, ask in asked.items()}
    (house.settings.state_dir / "ko.csv").write_text(minutes(start=61))
    house.extract("files", config=house.settings.state_dir / "files.yaml")
    built = Event()

    def keep_asking(number: int) -> Counter[tuple[str, tuple]]:
        seen: Counter[tuple[str, tuple]] = Counter()
        names = list(asked)
        while not built.is_set() or not seen:
            name = names[(number + seen.total()) % len(names)]
            seen[name, asked[name]()] += 1
        return seen

    with ThreadPoolExecutor(THREADS) as threads:
        running = [threads.submit(keep_asking, number) for number in range(THREADS)]
        try:
            house.build()
            # From the shelf, then from the database, then from the shelf again.
            assert lay_out(house.settings, house.warehouse, lambda _: None).rows > 0
        finally:
            built.set()
        seen = sum((future.result() for future in running), Counter())

    after = {name: ask() for name, ask in asked.items()}
    assert all(after[name] != before[name] for name in asked)
    assert {name for name, _ in seen} == set(asked)
    assert {answer for _, answer in seen} <= {*before.values(), *after.values()}
    assert seen.total() > 2 * THREADS
