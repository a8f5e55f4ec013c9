"""Questions, put to all contestants in turn; an answer that is not right ends the run."""

from __future__ import annotations

import math
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

import numpy as np

from barhouse import DataAPI
from barhouse.errors import BarhouseError
from benchmarks.generator import digest
from benchmarks.peers import Peers
from benchmarks.publishing import Stage
from benchmarks.questions import Asked
from benchmarks.table import BARHOUSE, Row, insist

INDICATORS: Final = ("SMA_20", "EMA_12", "RSI_14", "MACD", "BBANDS_20_2", "ATR_14")
IMPORTED: Final = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"

#: Gives seconds and what is to be compared.
Way = Callable[[], tuple[float, Any]]


def medians(what: str, ways: Mapping[str, Way], right: object, rounds: int) -> dict[str, float]:
    """Ask all contestants in turn, round by round after one that does not count.

    Args:
        what: Is asked, in words.
        ways: By contestant.
        right: What each answer must give.
        rounds: How many count.

    Returns:
        Median seconds by contestant.

    Raises:
        BarhouseError: An answer is wrong.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            seconds, seen = way()
            insist(f"{name} on '{what}'", seen, right)
            if number:
                taken[name].append(seconds)
    return {name: median(found) for name, found in taken.items()}


def ask_database(stage: Stage, rounds: int) -> dict[str, Row]:
    """Put every question while the database holds everything.

    Args:
        stage: Where everything is published.
        rounds: How many count.

    Returns:
        Rows of the table, by question.
    """
    asked, found = Asked(stage.market), {}
    with (
        DataAPI(settings=stage.settings, cache_bytes=0) as api,
        DataAPI(settings=stage.settings) as keeping,
        DataAPI(settings=stage.settings, cache_bytes=0, shelf=False) as plain,
    ):
        for name in ("days_one", "minutes_one", "days_many", "days_of_minutes", "cross_section"):
            found[name] = _row(stage, name, api, asked.text(name), rounds)
        for name in ("days_one", "minutes_one", "days_many"):
            text = f"without the shelf: {asked.text(name)}"
            found[f"{name}_plain"] = _row(stage, name, plain, text, rounds)
        for name in ("days_one", "minutes_one"):
            text = f"the same, cached: {asked.text(name)}"
            found[f"{name}_cached"] = _row(stage, name, keeping, text, rounds)
        found["adjusted"] = _adjusted(api, asked, rounds)
        found["indicators"] = _indicators(api, asked, rounds)
    found["import"] = _import("import barhouse", rounds)
    found["import_api"] = _import("from barhouse import DataAPI", rounds)
    stage.tell("asked the database")
    order = (
        *("days_one", "days_one_cached", "days_one_plain"),
        *("minutes_one", "minutes_one_cached", "minutes_one_plain"),
        *("days_many", "days_many_plain", "days_of_minutes", "adjusted"),
        *("cross_section", "indicators", "import", "import_api"),
    )
    return {name: found[name] for name in order}


def ask_lake(stage: Stage, rounds: int) -> dict[str, Row]:
    """Put the question for minutes while the lake alone holds them.

    Args:
        stage: Where the minutes are archived.
        rounds: How many count.

    Returns:
        Rows of the table, by question.
    """
    text = Asked(stage.market).text("minutes_one")
    with (
        DataAPI(settings=stage.settings, cache_bytes=0) as api,
        DataAPI(settings=stage.settings) as keeping,
        DataAPI(settings=stage.settings, cache_bytes=0, shelf=False) as plain,
    ):
        lake = _row(stage, "minutes_one", api, f"{text}, through the lake", rounds)
        cached = _row(stage, "minutes_one", keeping, f"{text}, from the lake, cached", rounds)
        parquet = _row(stage, "minutes_one", plain, f"{text}, from the lake's Parquet", rounds)
    stage.tell("asked the lake")
    return {"lake": lake, "lake_cached": cached, "lake_plain": parquet}


def _row(stage: Stage, name: str, api: DataAPI, text: str, rounds: int) -> Row:
    asked = Asked(stage.market)
    right = asked.right(name)
    ways: dict[str, Way] = {BARHOUSE: lambda: _timed(lambda: _bars(api, asked, name))}
    ways.update({peer: _peer_way(stage.peers, peer, name) for peer in stage.peers.names})
    return Row(text, medians(text, ways, right, rounds), right[0])


def _bars(api: DataAPI, asked: Asked, name: str) -> Any:
    if name == "days_one":
        return api.get_ohlc(asked.one_day_symbol, *asked.year)
    if name == "minutes_one":
        return api.get_ohlc(asked.one_minute_symbol, *asked.minute_days, "1m")
    if name == "days_many":
        return api.get_multi_symbol(asked.many, *asked.year)
    if name == "days_of_minutes":
        return api.get_multi_symbol(asked.market.minute_symbols, *asked.minute_days)
    return api.get_multi_symbol(asked.market.day_symbols, asked.one_day, asked.one_day)


def _timed(ask: Callable[[], Any]) -> tuple[float, list[int]]:
    began = time.perf_counter()
    frame = ask()
    return time.perf_counter() - began, digest(frame)


def _peer_way(peers: Peers, peer: str, name: str) -> Way:
    def way() -> tuple[float, Any]:
        said = peers.tell(peer, ask=name)
        return said["seconds"], said["digest"]

    return way


def _adjusted(api: DataAPI, asked: Asked, rounds: int) -> Row:
    count, right = asked.right_adjusted()

    def ask(adjusted: Any) -> Way:
        def way() -> tuple[float, Any]:
            began = time.perf_counter()
            frame = api.get_multi_symbol(asked.many, *asked.year, adjusted=adjusted)
            taken = time.perf_counter() - began
            closes = float(frame["close"].sum())
            is_right = adjusted == "raw" or math.isclose(closes, right, rel_tol=1e-9)
            return taken, (len(frame), is_right or closes)

        return way

    what = f"{asked.text('days_many')}, total return"
    ways = {BARHOUSE: ask("total_return"), "raw": ask("raw")}
    return Row(what, medians(what, ways, (count, True), rounds), count)


def _indicators(api: DataAPI, asked: Asked, rounds: int) -> Row:
    symbol, span = asked.one_minute_symbol, asked.minute_days
    right = asked.right("minutes_one")
    bars = api.get_ohlc(symbol, *span, "1m", adjusted="split")
    wanted = _by_talib(bars)

    def ours() -> tuple[float, Any]:
        began = time.perf_counter()
        frame = api.get_ohlc_with_indicators(symbol, INDICATORS, *span, "1m")
        taken = time.perf_counter() - began
        off = [name for name, values in wanted.items() if not _is_close(frame[name], values)]
        return taken, off or digest(frame)

    def fetch() -> tuple[float, Any]:
        return _timed(lambda: api.get_ohlc(symbol, *span, "1m", adjusted="split"))

    def talib() -> tuple[float, Any]:
        began = time.perf_counter()
        _by_talib(bars)
        return time.perf_counter() - began, right

    what = f"{len(INDICATORS)} indicators over {asked.text('minutes_one')}"
    ways: dict[str, Way] = {BARHOUSE: ours, "fetch": fetch, "TA-Lib": talib}
    return Row(what, medians(what, ways, right, rounds), right[0])


def _by_talib(bars: Any) -> dict[str, Any]:
    import talib

    high, low, close = (bars[name].to_numpy() for name in ("high", "low", "close"))
    macd, signal, distance = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    return {
        "SMA_20": talib.SMA(close, 20),
        "EMA_12": talib.EMA(close, 12),
        "RSI_14": talib.RSI(close, 14),
        "MACD": macd,
        "MACD_SIGNAL": signal,
        "MACD_HIST": distance,
        "BBANDS_20_2_UPPER": upper,
        "BBANDS_20_2_MIDDLE": middle,
        "BBANDS_20_2_LOWER": lower,
        "ATR_14": talib.ATR(high, low, close, 14),
    }


def _is_close(seen: Any, wanted: Any) -> bool:
    ours, theirs = np.asarray(seen, float), np.asarray(wanted, float)
    # The first values of either are warm-up.
    ours, theirs = ours[500:], theirs[500:]
    return bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-9))


def _import(statement: str, rounds: int) -> Row:
    def way() -> tuple[float, Any]:
        done = subprocess.run(
            [sys.executable, "-c", IMPORTED.format(statement)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BarhouseError(f"`{statement}` failed: {done.stderr.strip()[-300:]}")
        return float(done.stdout), None

    return Row(f"`{statement}`", medians(statement, {BARHOUSE: way}, None, rounds))
