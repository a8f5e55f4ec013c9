"""A warehouse that was exported, and its copy that lost most of its intraday bars to retention."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from house_kit import House
from hypothesis import strategies as st
from test_actions_kit import Reporter

from barhouse import BarhouseError, DataAPI
from barhouse.lake.datasets import dataset_named
from barhouse.lake.retention import Chunk, drop_chunk

FIRST, LAST = date(2022, 6, 6), date(2022, 6, 30)
CLOSED = {date(2022, 6, 20)}
DAYS = [
    day
    for day in (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    if day.weekday() < 5 and day not in CLOSED
]
RENAMED, SPLIT = date(2022, 6, 9), date(2022, 6, 14)
#: Before this, only the lake has minutes and bars that a provider reported.
GONE = datetime(2022, 6, 23, tzinfo=UTC)
HEADER = "time,symbol,open,high,low,close,volume,vwap"
DESCRIBED = """\
    timezone: America/New_York
    label: start
    basis: raw
    asset_class: equity
    exchange: XNYS
    currency: USD
    volume_unit: shares
    session_scope: regular
    time_format: iso
    symbol: column
    columns: {time: time, symbol: symbol, open: open, high: high, low: low, close: close,
      volume: volume, vwap: vwap}"""
COLUMNS = ["open", "high", "low", "close", "volume", "vwap", "trade_count", "is_final"]


def bars_of(chance: random.Random, symbol: str, day: date, minutes: list[int], low: int) -> str:
    lines = []
    for minute in minutes:
        figures = sorted(low + chance.randrange(10**6) / 10**6 for _ in range(4))
        figures = [figures[1], figures[3], figures[0], figures[2], chance.randrange(10**6) / 1000]
        clock = (datetime.combine(day, time(9, 30)) + timedelta(minutes=minute)).isoformat(" ")
        vwap = "" if minute % 4 else f"{figures[3]:.6f}"
        lines.append(f"{clock},{symbol},{','.join(f'{x:.6f}' for x in figures)},{vwap}")
    return "\n".join(lines)


def land(house: House, folder: Path) -> None:
    chance = random.Random(7)
    rows: dict[str, list[str]] = {"1m": [HEADER], "1h": [HEADER]}
    for day in DAYS:
        minutes = sorted(chance.sample(range(390), 15))
        rows["1m"].append(bars_of(chance, "KO", day, minutes, 60 if day < SPLIT else 8))
        name = "FB" if day < RENAMED else "META"
        rows["1m"].append(bars_of(chance, name, day, minutes[:9], 190))
        # Of one day there are minutes as well.
        rows["1h"].append(bars_of(chance, "PEP", day, list(range(0, 390, 60)), 160))
        if day == DAYS[5]:
            rows["1m"].append(bars_of(chance, "PEP", day, minutes, 160))
    lines = ["version: 1", "files:"]
    for timeframe, texts in rows.items():
        (folder / f"{timeframe}.csv").write_text("\n".join(texts) + "\n")
        lines += [f"  - path: {timeframe}.csv", f"    timeframe: {timeframe}", DESCRIBED]
    (folder / "files.yaml").write_text("\n".join(lines) + "\n")
    house.extract("files", config=str(folder / "files.yaml"))
    Reporter("polygon").split(f"{SPLIT}", "7").dividend("2022-06-16", "0.37").land(house)
    house.build()


@dataclass
class Pair:
    """The warehouse before and after retention, each with a lake of its own."""

    whole: House
    gone: House

    apis: dict[tuple[str, str], DataAPI] = field(default_factory=dict)

    def api(self, house: House, use: Any = "auto") -> DataAPI:
        key = (str(house.settings.state_dir), use)
        if key not in self.apis:
            self.apis[key] = DataAPI(settings=house.settings, cache_bytes=0, lake=use)
        return self.apis[key]


def drop(house: House) -> None:
    dropped = 0
    for name in ("bars_1m", "reported_intraday"):
        dataset = dataset_named(name)
        table = dataset.table.partition(".")[2]
        chunks = house.query(
            "select range_start, range_end from timescaledb_information.chunks"
            " where hypertable_name = %s and range_start < %s order by 1",
            table,
            GONE,
        )
        for start, end in chunks:
            chunk = Chunk(dataset, start, end)
            dropped += drop_chunk(house.url("transformer"), house.settings.lake_dir, chunk)
    assert dropped > 300


Question = tuple[tuple[Any, ...], dict[str, Any]]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Symbols, bounds and timeframe, and what may be said beside."""
    day = st.sampled_from(DAYS)
    clock = st.builds(time, st.integers(9, 16), st.sampled_from([0, 30, 59]))
    bound = st.none() | day | st.builds(datetime.combine, day, clock)
    start, end = draw(bound), draw(bound)
    if start and end and str(start)[:10] > str(end)[:10]:
        start, end = end, start
    named = st.permutations(["META", "KO", "PEP"]).flatmap(
        lambda names: st.integers(1, 3).map(lambda count: names[:count])
    )
    timeframe = draw(st.sampled_from(["1m", "1m", "1m", "1h", "1h", "5m", "1d"]))
    more = {
        "adjusted": draw(st.sampled_from(["raw", "split", "total_return"])),
        "columns": draw(st.lists(st.sampled_from(COLUMNS), min_size=1, unique=True)),
        "tz": draw(st.sampled_from([None, "UTC", "Asia/Tokyo"])),
    }
    return (draw(named), start, end, timeframe), more


def outcome(api: DataAPI, question: Question) -> pa.Table | str:
    try:
        return api.arrow(*question[0], **question[1])
    except BarhouseError as error:
        return str(error)
