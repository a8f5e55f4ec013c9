"""Pictures: what is drawn, and that texts mean nothing to a browser."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date, timedelta
from pathlib import Path

import pytest

from barhouse import BarhouseError
from barhouse.drawing import Candle, Cell, Line, Panel, candle_chart, heat_map
from barhouse.drawing.elements import tag
from barhouse.drawing.heat import class_of
from barhouse.drawing.scales import plain, scale_of, short
from barhouse.whole_files import write_whole

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert('1')</script>\x01\"&"


def candle(close: float = 10.5, volume: float | None = 100.0, label: str = "2024-01-02") -> Candle:
    return Candle(label, 10.0, 11.0, 9.0, close, volume)


def of_class(svg: str, name: str) -> list[ET.Element]:
    # Parsed as XML, so that a picture that is no XML fails here.
    return [one for one in ET.fromstring(svg).iter() if name in (one.get("class") or "").split()]


def test_each_bar_is_one_candle_with_its_numbers() -> None:
    picture = candle_chart("AAPL 1d", [candle(), candle(9.5, None, "2024-01-03")])
    drawn = of_class(picture.svg, "bh-candle")
    assert [one.get("class") for one in drawn] == ["bh-candle bh-up", "bh-candle bh-down"]
    titles = [one.find(f"{SVG}title").text for one in drawn]
    assert titles[0] == "2024-01-02  open 10  high 11  low 9  close 10.5  volume 100"
    assert titles[1].endswith("close 9.5")
    root = ET.fromstring(picture.svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == (
        "AAPL 1d: 2 candles from 2024-01-02 to 2024-01-03, lowest 9, highest 11, last close 9.5"
    )


def test_higher_prices_stand_higher() -> None:
    [body] = of_class(candle_chart("x", [candle()]).svg, "bh-body")
    [hit] = of_class(candle_chart("x", [candle()]).svg, "bh-hit")
    assert float(hit.get("y")) < float(body.get("y"))
    scale = scale_of([9.0, 11.0], 0.0, 100.0)
    assert scale.at(11.0) < scale.at(10.0) < scale.at(9.0)
    assert scale.at(10.0) == pytest.approx(50.0)
    assert scale.at(1e9) == 0.0


def test_indicators_lie_over_the_prices_or_below_and_break_where_there_is_no_value() -> None:
    sma = Line("SMA_2", [None, 10.0, None, 10.2, 10.1])
    macd = [Line("MACD", [0.1] * 5), Line("MACD_HIST", [0.1, -0.1, None, 0.2, 0.1], is_bars=True)]
    picture = candle_chart("x", [candle()] * 5, [sma], [Panel("MACD", macd)])
    [path, other] = of_class(picture.svg, "bh-line")
    assert path.get("d").count("M") == 2
    assert other.get("d").count("L") == 4
    assert len(of_class(picture.svg, "bh-bar")) == 4
    assert len(of_class(picture.svg, "bh-panel")) == 1


@pytest.mark.parametrize(
    "candles",
    [
        [],
        [Candle("2024-01-02", 0.0, 0.0, 0.0, 0.0, 0.0)],
        [Candle("2024-01-02", 4.2e-8, 4.2e-8, 4.2e-8, 4.2e-8, None)] * 3,
        [Candle("2024-01-02", 1e12, 3e12, 1e11, 2e12, 1e15)] * 2000,
        [Candle("2024-01-02", -37.63, 17.73, -40.32, 10.01, 5.0)],
    ],
    ids=["none", "zeros", "tiny and flat", "many and large", "negative"],
)
def test_any_bars_can_be_drawn(candles: list[Candle]) -> None:
    picture = candle_chart("x", candles)
    assert len(of_class(picture.svg, "bh-candle")) == len(candles)
    assert "nan" not in picture.svg.replace("nan-", "")
    assert ("no bars to draw" in picture.svg) == (not candles)


def test_texts_mean_nothing_to_a_browser() -> None:
    picture = candle_chart(HOSTILE, [candle(label=HOSTILE)], [Line(HOSTILE, [10.0])])
    for markup in (picture.svg, picture._repr_html_()):
        ET.fromstring(markup)
        assert "<script" not in markup
        assert "\x01" not in markup
    assert HOSTILE.replace("\x01", "\ufffd") in ET.fromstring(picture.svg).get("aria-label")
    pair = heat_map(HOSTILE, {HOSTILE: {date(2024, 1, 2): Cell(1.0, HOSTILE)}})
    assert "<script" not in pair.names + pair.days
    assert tag("p", "<b>", tag("b", "x"), class_="a", aria_label='"', empty=None, y=1.5) == (
        '<p class="a" aria-label="&quot;" y="1.5">&lt;b&gt;<b>x</b></p>'
    )


def test_heat_map_has_a_cell_per_day_and_a_gap_where_days_lie_far_apart() -> None:
    first = date(2024, 1, 2)
    row = {first + timedelta(days=n): Cell(1.0, "whole") for n in range(3)}
    later = {date(2024, 6, 3): Cell(0.4, "poor", is_held=True)}
    pair = heat_map("Two series.", {"KO 1d": row, "PEP 1d": later})
    cells = of_class(pair.days, "bh-cell")
    assert [one.get("class")[-5:] for one in cells] == ["bh-q0"] * 3 + ["bh-q4"]
    places = [float(one.get("x")) for one in cells]
    assert places == [0, 10, 20, 38]
    assert len(of_class(pair.days, "bh-held")) == 1
    assert [one.text for one in of_class(pair.names, "bh-name")] == ["KO 1d", "PEP 1d"]
    assert [class_of(share) for share in (1.0, 0.999, 0.95, 0.5, 0.0)] == [0, 1, 2, 3, 4]
    assert of_class(heat_map("Nothing.", {}).days, "bh-cell") == []


@pytest.mark.parametrize(
    ("value", "price", "brief"),
    [
        (430.47, "430.47", "430.5"),
        (0.00001234, "0.00001234", "1.234e-05"),
        (1234567.0, "1,234,567", "1.235M"),
        (0.0, "0", "0"),
        (-37.63, "-37.63", "-37.63"),
    ],
)
def test_numbers_are_written_as_people_read_them(value: float, price: str, brief: str) -> None:
    assert plain(value) == price
    assert short(value) == brief


def test_ticks_are_round_and_told_apart() -> None:
    scale = scale_of([0.0100, 0.0125], 0.0, 100.0, margin=0.0)
    assert [scale.label(value, 5) for value in scale.ticks(5)] == [
        *("0.0100", "0.0105", "0.0110", "0.0115", "0.0120", "0.0125")
    ]
    wide = scale_of([100.0, 700.0], 0.0, 100.0, margin=0.0)
    assert [wide.label(value, 6) for value in wide.ticks(6)][:2] == ["100", "200"]


def test_picture_is_saved_as_svg_or_as_a_page(tmp_path: Path) -> None:
    picture = candle_chart("AAPL <1d>", [candle()])
    assert picture.save(tmp_path / "a.svg").read_text(encoding="utf-8") == picture.svg
    page = picture.save(str(tmp_path / "a.html")).read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<title>AAPL &lt;1d&gt;</title>" in page
    with pytest.raises(BarhouseError, match=r"saved as a\.png; expected a name that ends in \.svg"):
        picture.save(tmp_path / "a.png")
    with pytest.raises(BarhouseError, match="cannot be written"):
        picture.save(tmp_path / "missing" / "a.svg")


def test_a_file_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    write_whole(path, "old")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(BarhouseError, match="No space left on device"):
        write_whole(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
    (tmp_path / "link.html").symlink_to(path)
    write_whole(tmp_path / "link.html", "new")
    assert path.read_text() == "new"
    assert (tmp_path / "link.html").is_symlink()
    with pytest.raises(BarhouseError, match="it is a folder"):
        write_whole(tmp_path, "new")
