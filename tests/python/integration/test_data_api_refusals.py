"""``DataAPI`` asked for what does not exist: one sentence, and what is nearest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from house_kit import House

from barhouse import BarhouseError, DataAPI


@pytest.fixture(scope="module")
def api(sample_house: House) -> Iterator[DataAPI]:
    with DataAPI(settings=sample_house.settings) as opened:
        yield opened


REFUSALS: dict[str, tuple[Callable[[DataAPI], object], str]] = {
    "symbol": (
        lambda api: api.get_ohlc("APPL"),
        "There is no symbol 'APPL'; the nearest are AAPL.",
    ),
    "symbols": (
        lambda api: api.get_multi_symbol(["AAPL", "ETHBTC", "IBN"]),
        "2 of 3 symbols are unknown: 'ETHBTC' (the nearest are ETH/BTC,",
    ),
    "sql in a symbol": (
        lambda api: api.get_ohlc("AAPL'; drop schema marts cascade; --"),
        "There is no symbol 'AAPL'; drop schema marts cascade; --'; ",
    ),
    "path in a symbol": (
        lambda api: api.coverage("../../etc/passwd\0"),
        "There is no symbol '../../etc/passwd?'; ",
    ),
    "ten thousand symbols": (
        lambda api: api.get_multi_symbol(["AAPL", *(f"NO{n}" for n in range(9999))]),
        "9999 of 10000 symbols are unknown: 'NO0', 'NO1', 'NO2' and 9996 more.",
    ),
    "no symbols": (lambda api: api.get_multi_symbol([]), "No symbol was given; "),
    "no text": (lambda api: api.get_multi_symbol([7]), "A symbol is '7'; expected text"),
    "two names": (
        lambda api: api.get_multi_symbol(["FB", "META"]),
        "'FB' and 'META' are the same instrument; ask for one.",
    ),
    "timeframe": (
        lambda api: api.get_ohlc("AAPL", timeframe="1day"),
        "'1day' is no timeframe; the nearest are 1d",
    ),
    "month or minute": (
        lambda api: api.get_ohlc("AAPL", timeframe="1M"),
        "'1M' is no timeframe; the nearest are 1m and 1mo. Expected one of 1m, 5m,",
    ),
    "width": (
        lambda api: api.get_ohlc("AAPL", timeframe="25h"),
        "A bar of 25h cannot be built; expected 1m to 24h.",
    ),
    "adjusted": (
        lambda api: api.get_ohlc("AAPL", adjusted="both"),
        "adjusted is 'both'; expected raw or split or total_return.",
    ),
    "column": (
        lambda api: api.get_ohlc("AAPL", columns=["price"]),
        "There is no column 'price' for 1d; expected any of open, high, low, close, volume,",
    ),
    "column of weeks": (
        lambda api: api.get_ohlc("AAPL", timeframe="1w", columns=["vwap"]),
        "There is no column 'vwap' for 1w; ",
    ),
    "day": (
        lambda api: api.get_ohlc("AAPL", start="2023-02-30"),
        "start is '2023-02-30' (that month ends on 2023-02-28); expected a date",
    ),
    "million years": (
        lambda api: api.get_ohlc("AAPL", end="1000000-01-01"),
        "end is '1000000-01-01'; expected a date such as 2012-12-31 or a time",
    ),
    "number": (lambda api: api.get_ohlc("AAPL", start=20230101), "start is '20230101'; "),
    "order": (
        lambda api: api.get_ohlc("AAPL", "2013-01-01", date(2012, 1, 1)),
        "start 2013-01-01 lies after end 2012-01-01; exchange them.",
    ),
    "zone": (
        lambda api: api.get_ohlc("AAPL", tz="America/NewYork"),
        "There is no time zone 'America/NewYork'; the nearest are America/New_York,",
    ),
    "frame": (
        lambda api: api.get_ohlc("AAPL", frame="spark"),
        "frame is 'spark'; expected pandas or polars or arrow.",
    ),
    "sql": (
        lambda api: api.sql("select close from marts.bars_1d where symbl = 'AAPL'"),
        'The database says: column "symbl" does not exist.',
    ),
    "write": (
        lambda api: api.sql("delete from core.bars_1d"),
        "The database says: permission denied for ",
    ),
    "params": (lambda api: api.sql("select $1", "x"), "params is 'x'; expected a list"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_does_not_exist_is_one_sentence(api: DataAPI, name: str) -> None:
    ask, sentence = REFUSALS[name]
    with pytest.raises(BarhouseError) as caught:
        ask(api)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_an_api_outlives_its_server_and_says_what_is_missing(bare_house: House) -> None:
    api = DataAPI(settings=bare_house.settings)
    with pytest.raises(BarhouseError, match=r"not built.*run `barhouse build`\."):
        api.get_ohlc("AAPL")
    assert api.sql("select 1 as one")["one"].tolist() == [1]
    bare_house.stop()
    assert api.sql("select 2 as two")["two"].tolist() == [2]
    gone = DataAPI("postgresql://nobody:secret@127.0.0.1:1/bars", settings=bare_house.settings)
    with pytest.raises(BarhouseError, match=r"The database of DataAPI\(database\) does not answer"):
        gone.symbols()
