"""Files of the shelf: what is read is what was written, or nothing."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from barhouse.shelf import KINDS, Shelf, write_block

MINUTES = KINDS[0].schema
START = datetime(2024, 1, 2, 14, 30, tzinfo=UTC)
JANUARY = date(2024, 1, 1)


def page(count: int, price: float) -> pa.RecordBatch:
    rows = [
        {
            "time": START + timedelta(minutes=number),
            "session_date": START.date(),
            **dict.fromkeys(("open", "high", "low", "close"), price + number / 3),
            # of a market without volume
            "volume": None if number % 2 else 100.0 * number,
        }
        for number in range(count)
    ]
    return pa.RecordBatch.from_pylist(rows, MINUTES)


def written(folder: Path, versions: dict[int, str], pages: list[pa.RecordBatch]) -> Shelf:
    shelf = Shelf(folder)
    size = write_block(shelf.path_of("1m", JANUARY), versions, pages, MINUTES)
    assert size == shelf.path_of("1m", JANUARY).stat().st_size
    return shelf


def test_pages_come_back_as_they_were(tmp_path: Path) -> None:
    pages = [page(390, 10.1), page(0, 1), page(1, 7.7), page(20, 3).slice(5, 11)]
    shelf = written(tmp_path, {7: "a", 9: "b", 1: "c", 4: "d"}, pages)
    assert shelf.periods("1m") == [JANUARY]
    assert shelf.periods("1d") == []
    block = shelf.block("1m", JANUARY)
    assert block is not None
    assert block.versions == {7: "a", 9: "b", 1: "c", 4: "d"}
    assert block.is_whole()
    for number, wanted in zip(block.versions, pages, strict=True):
        seen = block.page(number)
        assert seen is not None
        assert seen.bars.equals(wanted)
        assert seen.times.tolist() == wanted["time"].cast(pa.int64()).to_pylist()
        assert seen.days.tolist() == wanted["session_date"].cast(pa.int32()).to_pylist()
    assert shelf.block("1m", date(2024, 2, 1)) is None


def test_a_file_that_took_the_place_of_another_is_seen_and_the_old_one_stays_readable(
    tmp_path: Path,
) -> None:
    shelf = written(tmp_path, {7: "a"}, [page(5, 1)])
    old = shelf.block("1m", JANUARY)
    assert old is shelf.block("1m", JANUARY)
    written(tmp_path, {7: "b"}, [page(6, 2)])
    new = shelf.block("1m", JANUARY)
    assert old is not None
    assert new is not None
    assert (old.versions, new.versions) == ({7: "a"}, {7: "b"})
    assert old.page(7).bars.equals(page(5, 1))  # type: ignore[union-attr]
    assert new.page(7).bars.equals(page(6, 2))  # type: ignore[union-attr]


def test_whatever_fails_the_file_that_was_there_stays(tmp_path: Path) -> None:
    shelf = written(tmp_path, {7: "a"}, [page(5, 1)])

    def torn():
        yield page(5, 2)
        raise KeyError("torn")

    with pytest.raises(KeyError):
        write_block(shelf.path_of("1m", JANUARY), {7: "b", 8: "c"}, torn(), MINUTES)
    assert [path.name for path in (tmp_path / "1m").iterdir()] == ["2024-01-01.arrow"]
    # What a killed process leaves behind is neither read nor in the way.
    (tmp_path / "1m" / ".2024-01-01.arrow.tmp").write_bytes(b"half")
    assert shelf.periods("1m") == [JANUARY]
    assert written(tmp_path, {7: "d"}, [page(5, 3)]).block("1m", JANUARY).versions == {7: "d"}  # type: ignore[union-attr]


def test_damage_is_seen_wherever_it_is(tmp_path: Path) -> None:
    pages = {7: page(50, 1), 8: page(50, 100)}
    path = written(tmp_path, {7: "a", 8: "b"}, list(pages.values())).path_of("1m", JANUARY)
    whole, chance, seen = path.read_bytes(), random.Random(5), 0
    for place in chance.sample(range(len(whole)), 2000):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << chance.randrange(8)
        path.unlink()
        path.write_bytes(damaged)
        block = Shelf(tmp_path).block("1m", JANUARY)
        if block is None:
            seen += 1
            continue
        for number, version in {7: "a", 8: "b"}.items():
            if block.versions.get(number) != version:
                seen += 1
                continue
            found = block.page(number)
            assert found is None or found.bars.equals(pages[number]), place
            seen += found is None
    assert seen > 1000
    for length in (0, 7, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert Shelf(tmp_path).block("1m", JANUARY) is None
