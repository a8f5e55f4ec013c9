"""What a question needs beside its bars is asked anew only after something was written."""

from __future__ import annotations

import pyarrow as pa
import pytest
from house_kit import House
from test_actions_kit import Reporter

from barhouse import BarhouseError, DataAPI
from barhouse.api import reading

RENAME = "update core.symbol_history set symbol = 'COKE' where symbol = 'KO'"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Statements of the API, as they go."""
    seen: list[str] = []
    run = reading._run

    def noting(connection: object, statement: str, parameters: object) -> pa.Table:
        seen.append(statement)
        return run(connection, statement, parameters)

    monkeypatch.setattr(reading, "_run", noting)
    return seen


def api_of_two_days(house: House) -> DataAPI:
    Reporter("polygon").days({"2024-01-02": "60", "2024-01-03": "61"}).land(house)
    house.build()
    return DataAPI(settings=house.settings)


def test_symbols_and_versions_are_asked_for_once_while_nothing_is_written(
    house: House, asked: list[str]
) -> None:
    api = api_of_two_days(house)

    def statements(symbol: str = "KO") -> list[str]:
        asked.clear()
        assert api.get_ohlc(symbol, start="2024-01-01")["close"].tolist() == [60.0, 61.0]
        return list(asked)

    assert len(statements()) > 2
    assert statements() == []
    house.execute(RENAME)
    with pytest.raises(
        BarhouseError, match="There is no symbol 'KO'; there are, among others, COKE"
    ):
        api.get_ohlc("KO")
    assert len(statements("COKE")) > 1
    assert statements("COKE") == []
    # Behind a new connection there may be another server; the look and the rows have one each.
    api.close()
    assert len(statements("COKE")) == 2
    assert len(statements("COKE")) == 2
    assert statements("COKE") == []


def test_a_look_whose_connection_was_lost_is_taken_by_another(
    house: House, asked: list[str]
) -> None:
    api = api_of_two_days(house)
    assert len(api.get_ohlc("KO")) == 2
    asked.clear()
    api._asker.standing._look._connection.close()
    house.execute(RENAME)
    with pytest.raises(BarhouseError, match="There is no symbol 'KO'"):
        api.get_ohlc("KO")
    assert asked[0].startswith("select pg_current_snapshot()")
    asked.clear()
    assert len(api.get_ohlc("COKE")) == 2
    assert not any("pg_current_snapshot" in statement for statement in asked)


def test_days_that_were_planned_before_follow_what_becomes_of_their_chunks(house: House) -> None:
    reporter = Reporter("polygon")
    reporter.days({"2024-01-02": "60", "2024-01-03": "61"}).land(house)
    house.build()
    api = DataAPI(settings=house.settings, cache_bytes=0)

    def closes() -> dict[str, float]:
        days = api.get_ohlc("KO", "2024-01-01", "2024-12-31")
        return {f"{time:%Y-%m-%d}": close for time, close in days["close"].items()}

    before = {"2024-01-02": 60.0, "2024-01-03": 61.0}
    assert closes() == closes() == before
    house.execute("select compress_chunk(one) from show_chunks('core.bars_1d') as one")
    assert closes() == closes() == before
    Reporter("polygon").days({"2024-01-03": "62", "2024-01-04": "63"}).land(house)
    house.build()
    after = {"2024-01-02": 60.0, "2024-01-03": 62.0, "2024-01-04": 63.0}
    assert closes() == after
    house.build(full_refresh=True)
    assert closes() == after
    assert api._asker.reader.opened_count == 1
