"""``DataAPI.plot`` against the warehouse of the demo: what is drawn is what is answered."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from house_kit import House

from barhouse import BarhouseError, DataAPI
from barhouse.api.plotting import MOST_CANDLES


@pytest.fixture(scope="module")
def api(sample_house: House) -> Iterator[DataAPI]:
    with DataAPI(settings=sample_house.settings) as opened:
        yield opened


def titles(svg: str) -> list[str]:
    groups = [one for one in ET.fromstring(svg).iter() if "bh-candle" in (one.get("class") or "")]
    # The picture itself is of class bh-candles.
    return [one[0].text for one in groups if one.tag.endswith("}g")]


def test_candles_are_the_bars_that_the_api_answers(api: DataAPI) -> None:
    picture = api.plot("AAPL", start="2005-02-22", end="2005-03-04")
    bars = api.get_ohlc("AAPL", start="2005-02-22", end="2005-03-04", adjusted="split")
    shown = titles(picture.svg)
    assert len(shown) == len(bars) == 9
    assert shown[-1].startswith("2005-03-04  open 42.76  high 43.01  low 41.85  close 42.81")
    assert picture.title == "AAPL 1d split"
    assert picture._repr_html_().startswith('<div style="overflow-x:auto"')


def test_indicators_are_drawn_from_the_first_candle_on(api: DataAPI) -> None:
    wanted = ["SMA_20", "BBANDS_20_2", "RSI_14", "MACD"]
    picture = api.plot("AAPL", "2012-01-03", "2012-03-30", adjusted="raw", indicators=wanted)
    lines = [
        one for one in ET.fromstring(picture.svg).iter() if "bh-line" in (one.get("class") or "")
    ]
    # One mean, three of the bands, one RSI, two of MACD; its third is bars.
    assert len(lines) == 7
    count = len(titles(picture.svg))
    assert [len(re.findall("[ML]", one.get("d"))) for one in lines] == [count] * 7
    assert "RSI_14" in picture.svg


def test_a_long_history_is_cut_to_what_can_be_drawn_and_says_so(api: DataAPI) -> None:
    newest = api.plot("IBM", indicators="SMA_20")
    assert newest.title == f"IBM 1d split, the newest {MOST_CANDLES:,} bars"
    shown = titles(newest.svg)
    assert len(shown) == MOST_CANDLES
    assert shown[-1].startswith("2013-03-01")
    since = titles(api.plot("IBM", start="2000-03-01").svg)
    assert since == titles(api.plot("IBM").svg) == shown


def test_times_of_intraday_bars_are_those_of_the_exchange(api: DataAPI) -> None:
    picture = api.plot("AAPL", start="2026-08-04", end="2026-08-04", timeframe="1h")
    assert titles(picture.svg)[0].startswith("2026-08-04 09:30  open ")
    shifted = api.plot("AAPL", start="2026-08-04", end="2026-08-04", timeframe="1h", tz="UTC")
    assert titles(shifted.svg)[0].startswith("2026-08-04 13:30  open ")


def test_no_bars_is_a_sentence_and_a_wrong_word_an_error(api: DataAPI) -> None:
    assert "There are no bars to draw." in api.plot("EUR/USD").svg
    empty = api.plot("AAPL", start="1990-01-01", end="1990-12-31", indicators=["SMA_20"])
    assert titles(empty.svg) == []
    with pytest.raises(BarhouseError, match="There is no symbol 'APPL'"):
        api.plot("APPL")
    with pytest.raises(BarhouseError, match="There is no indicator 'SMMA_20'"):
        api.plot("AAPL", start="2012-01-03", end="2012-01-31", indicators="SMMA_20")
