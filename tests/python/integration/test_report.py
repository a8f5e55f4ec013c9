"""``barhouse report``: what the page says, of the demo, of nothing, and of hostile texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from browser_kit import Browser, installed_browser
from house_kit import House, house_settings
from typer.testing import CliRunner, Result

from barhouse import BarhouseError, embedded
from barhouse.cli.main import app
from barhouse.opening import ready_warehouse
from barhouse.report import gather, rendered

SECTIONS = ["candles", "completeness", "quarantine", "restatements", "freshness", "storage"]
HOSTILE = "<script>alert(1)</script>"
DAYS = (
    "{date: time, symbol: symbol, open: open, high: high, low: low, close: close, volume: volume}"
)
COUNTS = {
    "candles": "document.querySelectorAll('g.bh-candle').length",
    "hollow": "document.querySelectorAll('g.bh-candle.bh-up').length",
    "cells": "document.querySelectorAll('.bh-cell').length",
    "sections": "[...document.querySelectorAll('section')].map((one) => one.id)",
    "titles": "[...document.querySelectorAll('h3')].map((one) => one.textContent)",
    "instead": "document.querySelectorAll('.instead').length",
    "paper": "getComputedStyle(document.querySelector('section')).backgroundColor",
    "page": "getComputedStyle(document.body).backgroundColor",
    "ink": "getComputedStyle(document.body).color",
    "width": "[document.documentElement.scrollWidth, document.body.scrollWidth, innerWidth]",
    "scripts": "document.scripts.length",
}
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def browser() -> Browser:
    return installed_browser()


def runner(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BARHOUSE_STATE_DIR", str(house.settings.state_dir))
    monkeypatch.setenv("BARHOUSE_LAKE_DIR", str(house.settings.lake_dir))
    monkeypatch.delenv("BARHOUSE_DATABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def run(sample_house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(sample_house, monkeypatch)


def assert_quiet(seen: dict[str, Any]) -> None:
    """No message, no request, no accessibility rule broken, in any view."""
    for name, view in seen.items():
        told = [*view["errors"], *view["requests"], *view.get("violations", [])]
        assert told == [], name


def test_page_of_the_demo_is_whole_in_a_browser(run: Run, browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = run("report", "-o", str(page), "--symbol", "AAPL", "--symbol", "EUR/USD", "--days", "40")
    assert done.exit_code == 0
    assert f"the report is in {page}" in done.stderr
    hovered = """(() => {
        const one = document.querySelectorAll('g.bh-candle')[3].querySelector('.bh-hit');
        one.dispatchEvent(new PointerEvent('pointermove', {bubbles: true}));
        return document.querySelector('.readout').textContent;
    })()"""
    seen = browser.look(
        page,
        {"name": "light", "axe": True, "questions": {**COUNTS, "hovered": hovered}},
        {"name": "dark", "scheme": "dark", "axe": True, "questions": COUNTS},
        {"name": "narrow", "width": 400, "axe": True, "questions": COUNTS},
        {"name": "without scripts", "width": 400, "scripts": False, "questions": COUNTS},
    )
    assert_quiet(seen)
    light, dark = seen["light"]["answers"], seen["dark"]["answers"]
    assert light["sections"] == SECTIONS
    assert light["titles"][:2] == ["AAPL 1d", "EUR/USD 1h"]
    assert light["candles"] == 2 * 40
    assert 0 < light["hollow"] < 80
    # AAPL has days, hours and seven days of minutes; EUR/USD has hours.
    assert light["cells"] == 40 + 40 + 7 + 40
    assert light["hovered"].startswith("2013-")
    assert dark["candles"] == light["candles"]
    assert (light["paper"], dark["paper"]) == ("rgb(255, 255, 255)", "rgb(21, 27, 34)")
    assert light["ink"] != dark["ink"]
    for view in ("narrow", "without scripts"):
        assert seen[view]["answers"]["width"] == [400, 400, 400]
        assert seen[view]["answers"]["candles"] == 80


def test_symbols_with_most_bars_are_drawn_by_themselves(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert run("report", "--output", str(page)).exit_code == 0
    text = page.read_text(encoding="utf-8")
    # The largest of each asset class, then the second largest.
    assert re.findall(r"<h3>([A-Z/]+) <small>(\w+)", text) == [
        *(("ETH/BTC", "4h"), ("AAPL", "1d"), ("EUR/USD", "1h"), ("LTC/BTC", "4h"))
    ]
    assert "core.rollup_5m" in text
    assert "No day is or was held back." in text
    assert "No series is kept up to date" in text
    assert "<dd>102,897</dd>" in text
    # Nothing that a browser would fetch; the name of the SVG format is no address.
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!#)[^"'>]+""", text) == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text) == []


def test_refusals_are_one_sentence_and_leave_the_old_report(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("old")
    for arguments, sentence in [
        (["--symbol", "APPL"], "There is no symbol 'APPL'; the nearest are AAPL"),
        (["--days", "0"], "--days is 0; expected 1 to 366."),
        (["--symbol", "META", "--symbol", "FB"], "'META' and 'FB' are the same instrument"),
    ]:
        error = run("report", "-o", str(page), *arguments).exception
        assert isinstance(error, BarhouseError)
        assert str(error).startswith(sentence)
    error = run("report", "-o", str(tmp_path / "no" / "report.html")).exception
    assert isinstance(error, BarhouseError)
    assert "cannot be written (No such file or directory)" in str(error)
    assert page.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_an_empty_warehouse_has_a_sentence_for_each_section(
    house: House, browser: Browser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    assert runner(house, monkeypatch)("report", "-o", str(page)).exit_code == 0
    seen = browser.look(page, {"name": "empty", "axe": True, "questions": COUNTS})
    assert_quiet(seen)
    answers = seen["empty"]["answers"]
    assert answers["sections"] == SECTIONS
    assert answers["candles"] == answers["cells"] == 0
    text = page.read_text(encoding="utf-8")
    for sentence in ("No bars yet.", "No bars are expected", "No day is", "The lake is empty"):
        assert sentence in text
    error = runner(house, monkeypatch)("report", "-o", str(page), "--symbol", "AAPL").exception
    assert str(error).startswith("No symbol is known yet")


def test_a_warehouse_that_was_never_built_says_so(tmp_path: Path) -> None:
    house = House(house_settings(tmp_path / "never"))
    try:
        contents = gather(house.settings, ready_warehouse(house.settings))
    finally:
        embedded.stop(house.settings.embedded_dir)
    built = "Nothing is built yet; run `barhouse build`."
    assert contents.charts_instead == contents.completeness.instead == built
    assert contents.quarantine.instead == contents.restatements.instead == built
    assert contents.freshness.instead == contents.loads.instead == built
    assert contents.database_bytes > 0
    assert rendered(contents).count("run `barhouse build`") == 6


def test_hostile_texts_are_inert_and_what_is_held_or_changed_is_told(
    house: House,
    browser: Browser,
    write_files: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    page = tmp_path / "report.html"
    head = "time,symbol,open,high,low,close,volume\n"
    days = [f"2024-01-{day:02},EVIL,10,11,9,{{close}},100\n" for day in range(8, 13)]
    bad = "2024-01-16,EVIL,10,9,11,10,100\n2024-01-17,KO,10,11,9,10,100\n"
    for close in ("10", "10.5"):
        text = head + "".join(days).format(close=close) + bad
        described = write_files({"a.csv": text}, timeframe="1d", columns=DAYS)
        house.extract("files", config=described)
        # Landing rejects such a symbol; here it came in by another way.
        house.execute(
            f"update staging.raw_bars set provider_symbol = '{HOSTILE}'"
            " where provider_symbol = 'EVIL'"
        )
        house.build()
    done = runner(house, monkeypatch)("report", "-o", str(page), "--symbol", HOSTILE)
    assert done.exit_code == 0, done.exception
    seen = browser.look(
        page,
        {"name": "light", "axe": True, "questions": COUNTS},
        {"name": "dark", "scheme": "dark", "axe": True, "questions": COUNTS},
    )
    assert_quiet(seen)
    answers = seen["light"]["answers"]
    assert answers["titles"][0] == f"{HOSTILE} 1d"
    assert answers["candles"] == 5
    assert answers["scripts"] == 1
    contents = gather(house.settings, house.warehouse, [HOSTILE], now=datetime.now(UTC))
    assert [row["session_date"].isoformat() for row in contents.quarantine.rows] == ["2024-01-16"]
    assert contents.open_count == 1
    assert contents.restatements.total == 5
    assert {row["kind"] for row in contents.restatements.rows} == {"restated"}
    text = page.read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "KO" not in re.findall(r'<th scope="row">([^<]*)', text)
