"""Symbols come from config/symbols.yaml and the presets, which must not contradict each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from extract.config.symbols import Symbols, load_symbols
from extract.landing import ASSET_CLASSES
from extract.providers import MisconfiguredError

ROOT = Path(__file__).resolve().parents[3]

PRESET = """\
version: 1
name: chips
as_of: '2026-03-08'
source: by hand
asset_class: equity
currency: USD
symbols:
  XNAS:
    - AMD
    - ON
  XNYS:
    - TSM
"""
ENTRY = """\
version: 1
symbols:
  - symbol: SPX
    asset_class: index
    exchange: XNYS
    currency: USD
    spellings:
      yahoo: ^GSPC
"""


@pytest.fixture(scope="module")
def shipped() -> Symbols:
    return load_symbols(ROOT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    shutil.copy(ROOT / "seeds" / "exchanges.csv", tmp_path / "seeds")
    (tmp_path / "config" / "presets").mkdir(parents=True)
    return tmp_path


def write(project: Path, symbols: str | None = None, **presets: str) -> Symbols:
    if symbols is not None:
        (project / "config" / "symbols.yaml").write_text(symbols)
    for name, text in presets.items():
        (project / "config" / "presets" / f"{name}.yaml").write_text(text)
    return load_symbols(project)


def refusal(symbols: Symbols, wanted: str = "AMD") -> str:
    with pytest.raises(MisconfiguredError) as caught:
        symbols.find(wanted)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("sp500", 500, 505), ("nasdaq100", 100, 102), ("dow30", 30, 30), ("crypto-top", 18, 25)],
)
def test_shipped_preset_has_its_members(shipped: Symbols, name: str, least: int, most: int) -> None:
    assert least <= len(shipped.preset(name)) <= most


def test_shipped_presets_fit_together(shipped: Symbols) -> None:
    sp500 = {entry.symbol for entry in shipped.preset("sp500")}
    assert {entry.symbol for entry in shipped.preset("dow30")} <= sp500
    assert {entry.exchange for entry in shipped.preset("nasdaq100")} == {"XNAS"}
    assert {"BRK.B", "BF.B", "ON"} <= sp500
    assert {entry.currency for entry in shipped.preset("crypto-top")} == {"USD"}
    assert all(entry.symbol.endswith("/USD") for entry in shipped.preset("crypto-top"))


def test_shipped_universes_are_known(shipped: Symbols) -> None:
    assert "index-funds" in shipped.universe_names
    assert all(shipped.universe(name) for name in shipped.universe_names)


def test_asset_classes_are_those_of_the_landing_contract(project: Path) -> None:
    told = refusal(write(project, ENTRY.replace("index", "bond")))
    assert f"expected one of {', '.join(ASSET_CLASSES)}" in told


def test_nothing_is_read_before_it_is_needed(project: Path) -> None:
    symbols = write(project, "version: 2\n", chips="[")
    assert symbols.preset_names == ["chips"]
    assert "config/symbols.yaml, line 1" in refusal(symbols)


def test_project_without_files_knows_nothing(tmp_path: Path) -> None:
    symbols = load_symbols(tmp_path)
    assert symbols.find("AAPL") is None
    assert symbols.preset_names == symbols.universe_names == []


def test_sections_may_be_empty(project: Path) -> None:
    symbols = write(project, "version: 1\nsymbols:\nuniverses:\n", chips=PRESET)
    assert symbols.find("AMD")
    assert symbols.universe_names == []


def test_preset_gives_its_facts_to_its_symbols(project: Path) -> None:
    symbols = write(project, chips=PRESET)
    entry = symbols.find("TSM")
    assert entry is not None
    assert (entry.asset_class, entry.exchange, entry.currency) == ("equity", "XNYS", "USD")
    assert [entry.symbol for entry in symbols.group("chips")] == ["AMD", "ON", "TSM"]


def test_spellings_added_in_symbols_yaml_hold_in_presets(project: Path) -> None:
    own = ENTRY.replace("SPX", "AMD").replace("index", "equity").replace("XNYS", "XNAS")
    symbols = write(project, own, chips=PRESET)
    assert symbols.preset("chips")[0].spellings == {"yahoo": "^GSPC"}


def test_universe_takes_symbols_of_both(project: Path) -> None:
    symbols = write(project, ENTRY + "universes:\n  mine:\n    - SPX\n    - AMD\n", chips=PRESET)
    assert [entry.symbol for entry in symbols.universe("mine")] == ["SPX", "AMD"]
    assert symbols.group("mine") == symbols.universe("mine")


def test_unknown_names_come_with_the_nearest(project: Path) -> None:
    symbols = write(project, ENTRY + "universes:\n  mine: [SPX]\n", chips=PRESET)
    with pytest.raises(MisconfiguredError, match=r"no universe or preset 'chip'; .* 'chips'\?$"):
        symbols.group("chip")
    with pytest.raises(MisconfiguredError, match=r"no preset 'x'; expected one of chips\.$"):
        symbols.preset("x")
    with pytest.raises(MisconfiguredError, match=r"no universe 'min'; .* did you mean 'mine'\?$"):
        symbols.universe("min")


def test_symbol_that_nobody_knows_has_a_line(project: Path) -> None:
    symbols = write(project, ENTRY + "universes:\n  mine:\n    - SPX\n    - AMDD\n", chips=PRESET)
    with pytest.raises(MisconfiguredError) as caught:
        symbols.universe("mine")
    assert str(caught.value) == (
        "config/symbols.yaml, line 12: 'AMDD' is in no preset and not under `symbols`; add it "
        "there; did you mean 'AMD'?"
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "exchange: XNYS",
            "exchange: XNYZ",
            "line 5: `exchange` is 'XNYZ'; expected one of XNAS, XNYS, ",
        ),
        ("currency: USD", "currency: usd", "line 6: `currency` is 'usd'; expected a code in cap"),
        ("symbol: SPX", "symbol: SP..X", "line 3: 'SP..X' is no symbol: "),
        ("symbol: SPX", "symbol: ' SPX'", "line 3: ' SPX' is no symbol: "),
        ("yahoo: ^GSPC", "yahoo: ''", "line 3: '' is no symbol: the symbol is empty"),
        ("exchange: XNYS", "exchnage: XNYS", "line 5: `exchnage` is not known here; expected some"),
        ("    exchange: XNYS\n", "", "line 3: `exchange` is missing"),
    ],
)
def test_mistake_in_a_symbol_has_a_line(project: Path, old: str, new: str, sentence: str) -> None:
    assert old in ENTRY
    told = refusal(write(project, ENTRY.replace(old, new)))
    assert told.startswith(f"config/symbols.yaml, {sentence}")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("XNYS:", "XNYSE:", "line 12: `exchange` is 'XNYSE'; expected one of"),
        ("'2026-03-08'", "early 2026", "line 3: `as_of` is 'early 2026'; expected a date as YYYY"),
        ("name: chips", "name: fish", "line 2: `name` is 'fish'; expected 'chips'"),
        ("- TSM", "- [TSM]", "line 12: item 1 of `XNYS` is a list; expected text."),
        (
            "- TSM",
            "- AMD",
            "line 12: `AMD` was said in config/presets/chips.yaml, line 9 already; expected it on",
        ),
        ("source: by hand\n", "", "line 1: `source` is missing."),
    ],
)
def test_mistake_in_a_preset_has_a_line(project: Path, old: str, new: str, sentence: str) -> None:
    assert old in PRESET
    told = refusal(write(project, chips=PRESET.replace(old, new)))
    assert told.startswith(f"config/presets/chips.yaml, {sentence}")


def test_symbol_that_stands_twice_is_refused(project: Path) -> None:
    twice = ENTRY + ENTRY.removeprefix("version: 1\nsymbols:\n")
    assert refusal(write(project, twice)) == (
        "config/symbols.yaml, line 9: `SPX` was said in config/symbols.yaml, line 3 already; "
        "expected it once."
    )


def test_presets_that_contradict_each_other_are_both_named(project: Path) -> None:
    other = PRESET.replace("name: chips", "name: other").replace("XNYS", "ARCX")
    assert refusal(write(project, chips=PRESET, other=other)) == (
        "config/presets/chips.yaml, line 12: `TSM` is equity of XNYS in USD, but equity of ARCX in "
        "USD in config/presets/other.yaml, line 12; expected the same in both."
    )


def test_symbols_yaml_and_a_preset_that_contradict_are_both_named(project: Path) -> None:
    symbols = write(project, ENTRY.replace("SPX", "AMD"), chips=PRESET)
    for ask in (lambda: symbols.find("TSM"), lambda: symbols.group("chips")):
        with pytest.raises(MisconfiguredError) as caught:
            ask()
        assert "config/symbols.yaml, line 3: `AMD` is index of XNYS" in str(caught.value)
        assert "config/presets/chips.yaml, line 9" in str(caught.value)


def test_universe_may_not_hide_a_preset(project: Path) -> None:
    symbols = write(project, ENTRY + "universes:\n  chips: [SPX]\n", chips=PRESET)
    assert "config/symbols.yaml, line 10: a universe and a preset are called" in refusal(symbols)


def test_spelling_of_a_misspelled_provider_is_named_with_its_line(project: Path) -> None:
    told = refusal(write(project, ENTRY.replace("yahoo", "yaho")))
    assert "config/symbols.yaml, line 8" in told
    assert "there is no provider `yaho`" in told
    assert "yahoo" in told


def test_spelling_of_a_provider_that_is_not_installed_is_left_alone(project: Path) -> None:
    entry = write(project, ENTRY.replace("yahoo", "my_own_feed")).find("SPX")
    assert entry is not None
    assert entry.spellings == {"my_own_feed": "^GSPC"}
