"""Bad files beside good ones, through the whole house: each gets a sentence, the rest publishes.

One warehouse takes them all in one extract, one build and one export; the tests look at it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house_kit import House, copy_project
from test_bad_input_kit import HEADER, Folder, csv, house_in, listing, minutes, published, rows_of

from barhouse import embedded
from barhouse.exporting import export_lake
from extract.pipelines import LandingReport
from extract.providers import ProviderError

DAY, NEXT_DAY = "2024-01-02", "2024-01-03"
#: Spelled with the characters that land; what they look like to a shell or to SQL is no matter.
ODD_SYMBOLS = [
    "BTC/USD",
    "BRK.B",
    "^GSPC",
    "ES=F",
    "A/B/C",
    "drop table core.bars_1m --",
    "1 or 1=1",
    "/etc/passwd",
    "C:/AUX",
    "-rf",
    "$HOME",
]
REFUSED_SYMBOLS = [
    "O'Neil",
    '"quoted"',
    "'; drop table core.bars_1m; --",
    "x'); delete from staging.raw_bars; --",
    "back\\slash",
    "..",
    "../../escaped",
    "A/../../B",
    "%(name)s",
    "{{ env_var('HOME') }}",
    "tab\tbed",
    "ÅÄÖ",
    " BLANK",
    "",
]
HIGH_BELOW_LOW = "59.00,58.00,59.50,59.10,1000"
NEGATIVE_VOLUME = "59.00,59.20,58.90,59.10,-5"


def line(symbol: str, prices: str = "59.00,59.20,58.90,59.10,1000", minute: int = 30) -> str:
    quoted = '"' + symbol.replace('"', '""') + '"'
    return f"{DAY} 09:{minute}:00,{quoted},{prices}"


FILES: dict[str, str | bytes] = {
    "good.csv": csv(minutes("GOOD", DAY)),
    "empty.csv": b"",
    "header_only.csv": HEADER,
    "latin.csv": csv(minutes("LATIN", DAY)).encode() + b"2024-01-02 09:40:00,CAF\xc9,1,1,1,1,1\n",
    "binary.csv": bytes(range(256)) * 40,
    "no_volume.csv": csv(minutes("NOVOL", DAY)).replace(",volume\n", ",Vol.\n", 1),
    "unreadable.csv": csv([line("WORD", "one,two,three,four,five")]),
    "broken.parquet": b"PAR1 this is no parquet file PAR1",
    "high_below_low.csv": csv(
        minutes("HILO", DAY), [line("HILO", HIGH_BELOW_LOW, 33)], minutes("HILO", NEXT_DAY)
    ),
    "negative_volume.csv": csv(
        minutes("NEGV", DAY), [line("NEGV", NEGATIVE_VOLUME, 33)], minutes("NEGV", NEXT_DAY)
    ),
    "repeats.csv": csv(
        minutes("TWICE", DAY),
        minutes("TWICE", DAY, 1),
        [line("TWICE", minute=45), line("TWICE", "58.95,59.20,58.90,59.10,1", minute=45)],
    ),
    "numbers.csv": csv(
        minutes("NUMB", DAY),
        [line("NUMB", "9000000000000000000000000,59.20,58.90,59.10,1000", 40)],
        [line("NUMB", "59.00,59.20,58.90,59.10,9 GB", 41)],
        [line("NUMB", "59.00,NaN,58.90,59.10,1000", 42)],
        [line("NUMB", "59.00,59.20,58.90,,1000", 43)],
    ),
    "symbols.csv": csv(
        [line(symbol) for symbol in ODD_SYMBOLS + REFUSED_SYMBOLS], [line("S" * 1_000_000)]
    ),
}


@dataclass(frozen=True)
class Run:
    """The warehouse that took all the files in, and every path outside it, before and after."""

    house: House
    folder: Folder
    report: LandingReport
    before: set[str]
    after: set[str]


@pytest.fixture(scope="module")
def run(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    # Everything lies in one sandbox, the project and the home folder too: whatever is written
    # outside the state and the lake shows.
    sandbox = tmp_path_factory.mktemp("sandbox")
    project, state, lake = (sandbox / name for name in ("project", "state", "lake"))
    copy_project(project)
    for name in ("home", "tmp", "work"):
        (sandbox / name).mkdir()
    house = house_in(sandbox, template, project)
    folder = Folder(sandbox / "files")
    config = folder.describe(FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(sandbox / "home"))
        patch.setattr(tempfile, "tempdir", str(sandbox / "tmp"))
        patch.chdir(sandbox / "work")
        before = listing(sandbox, state, lake)
        report = house.extract("files", config=config)
        house.build()
        export_lake(house.settings, house.warehouse)
        after = listing(sandbox, state, lake)
    yield Run(house, folder, report, before, after)
    embedded.stop(house.settings.embedded_dir)


@pytest.mark.parametrize(
    ("name", "outcome", "sentence"),
    [
        ("empty.csv", "empty", "The file holds no bars."),
        ("header_only.csv", "empty", "The file holds no bars."),
        ("latin.csv", "failed", "is not utf-8: the byte 0xc9 on line 5"),
        ("binary.csv", "failed", "is not utf-8: the byte"),
        ("no_volume.csv", "failed", "There is no column 'volume'"),
        ("unreadable.csv", "failed", "None of the 1 rows could be read; the first, at 2: 'one'"),
        ("broken.parquet", "failed", "cannot be read as Parquet"),
    ],
)
def test_file_that_cannot_land_leaves_a_sentence_and_nothing_else(
    run: Run, name: str, outcome: str, sentence: str
) -> None:
    (reported,) = [seen for seen in run.report.outcomes if seen.source == name]
    (landed,) = rows_of(run.house, "select * from staging.requests where source = %s", name)
    assert (reported.outcome, reported.row_count) == (outcome, 0)
    assert (landed["outcome"], landed["row_count"]) == (outcome, 0)
    assert sentence in landed["reason"]
    assert landed["reason"] == reported.reason
    assert landed["reason"].endswith((".", "?"))
    assert "\n" not in landed["reason"]
    bars = "select count(*) from staging.raw_bars where request_id = %s"
    assert run.house.query(bars, landed["request_id"]) == [(0,)]


def test_other_files_rows_and_days_publish(run: Run) -> None:
    expected = {("GOOD", DAY): 3, ("TWICE", DAY): 3, ("NUMB", DAY): 3}
    expected |= {("HILO", NEXT_DAY): 3, ("NEGV", NEXT_DAY): 3}
    expected |= {(symbol, DAY): 1 for symbol in ODD_SYMBOLS}
    assert published(run.house) == expected


@pytest.mark.parametrize(
    ("name", "column", "seen", "reason"),
    [
        ("numbers.csv", "open", "9000000000000000000000000", "too large"),
        ("numbers.csv", "volume", "9 GB", "is not a number"),
        ("numbers.csv", "high", "NaN", "is not a finite number"),
        ("numbers.csv", "close", None, "price is missing"),
        ("symbols.csv", "symbol", "O'Neil", "may hold only letters"),
        ("symbols.csv", "symbol", "SSS", "has 1,000,000 characters, at most 64 are allowed"),
        ("symbols.csv", "symbol", " BLANK", "starts or ends with a blank"),
        ("repeats.csv", "time", f"{DAY} 09:45:00", "with different values"),
    ],
)
def test_row_that_cannot_land_is_shown_with_its_place_and_reason(
    run: Run, name: str, column: str, seen: str | None, reason: str
) -> None:
    rejects = rows_of(
        run.house,
        "select * from ops.ops_rejects where source = %s and column_name = %s",
        name,
        column,
    )
    found = [row for row in rejects if (row["seen_value"] or "").startswith(seen or "")]
    assert any(reason in row["reason"] for row in found), rejects
    for row in found:
        record = str(FILES[name]).splitlines()[row["source_row"] - 1]
        assert record.startswith(row["record"].rstrip("…")[:3_000])


def test_every_refused_symbol_is_a_reject_and_never_a_bar(run: Run) -> None:
    seen = rows_of(run.house, "select seen_value from ops.ops_rejects where source = 'symbols.csv'")
    values = [row["seen_value"] or "" for row in seen]
    assert sorted(value for value in values if len(value) < 100) == sorted(REFUSED_SYMBOLS)
    (huge,) = [value for value in values if value.startswith("SSS")]
    assert huge == "S" * 200 + "... [cut, 1,000,000 characters]"
    landed = run.house.query("select distinct provider_symbol from staging.raw_bars")
    assert {symbol for (symbol,) in landed} & set(REFUSED_SYMBOLS) == set()


def test_contradicting_repeats_are_both_rejected_and_equal_ones_land_once(run: Run) -> None:
    (request,) = rows_of(run.house, "select * from staging.requests where source = 'repeats.csv'")
    assert (request["row_count"], request["reject_count"]) == (3, 2)
    assert request["reason"] == "2 rows were rejected; 1 identical repeat left out."
    starts = run.house.query(
        "select count(*), count(distinct bar_start_at) from marts.bars_1m where symbol = 'TWICE'"
    )
    assert starts == [(3, 3)]


@pytest.mark.parametrize(
    ("symbol", "rule"), [("HILO", "ohlc_inconsistent"), ("NEGV", "volume_negative")]
)
def test_impossible_bar_is_quarantined_with_a_sentence(run: Run, symbol: str, rule: str) -> None:
    (day,) = rows_of(run.house, "select * from quality.quarantine where symbol = %s", symbol)
    assert (day["timeframe"], day["session_date"], day["state"]) == ("1m", DAY, "open")
    assert day["reason"] == (
        f"1 of 4 bars of {symbol} on {DAY} break {rule}; land corrected bars, name the request of"
        " the evidence in seeds/discarded_requests.csv, or decide with `barhouse quality`, and"
        " build again."
    )
    (bar,) = day["evidence"]
    assert bar["bar_start_at"] == f"{DAY}T14:33:00+00:00"
    assert (bar["violations"], bar["source_row"]) == (rule, 5)


def test_nothing_is_written_outside_the_state_and_the_lake(run: Run) -> None:
    assert run.after == run.before
    lake = run.house.settings.lake_dir
    folders = {path.relative_to(lake).parts[0] for path in lake.iterdir()}
    assert {"bars_1m", "bars_5m", "bars_1d"} <= folders
    names = {part for path in listing(run.house.settings.state_dir) for part in Path(path).parts}
    names |= {part for path in listing(lake) for part in Path(path).parts}
    assert not [name for name in names if "escaped" in name or "passwd" in name or "AUX" in name]


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone 'Mars/Olympus' does not exist; expected an IANA"),
        ({"timezone": "../../../etc/passwd"}, "does not exist; expected an IANA"),
        ({"encoding": "utf-99"}, "encoding 'utf-99' is unknown; expected"),
        ({"timeframe": "7m"}, "timeframe is '7m'; expected one of"),
        ({"symbol": "../../x", "columns": {"time": "time"}}, "columns does not map open"),
        ({"delimiter": "9 GB"}, "delimiter is '9 GB'; expected one character"),
        ({"exchange": "'; drop table"}, "expected a MIC"),
        ({"colums": "typo"}, "unknown key 'colums'; did you mean 'columns'?"),
        ({"path": "nowhere/*.csv"}, "no file matches path 'nowhere/*.csv'"),
    ],
)
def test_mistake_in_the_yaml_stops_before_anything_is_read(
    run: Run, keys: dict[str, object], sentence: str
) -> None:
    before = run.house.query("select count(*) from staging.requests")
    config = run.folder.describe({"new.csv": csv(minutes("NEVER", DAY))}, **keys)
    with pytest.raises(ProviderError) as caught:
        run.house.extract("files", config=config)
    assert sentence in str(caught.value)
    assert "files.yaml, line 1: " in str(caught.value)
    assert run.house.query("select count(*) from staging.requests") == before


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "the file is empty; expected version: 1 and a list files"),
        (b"version: 1\nfiles:\n\t- path: x\n", "files.yaml, line 3: not valid YAML"),
        (b"version: 1\nfiles: [\n", "not valid YAML"),
        (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "files.yaml is not"),
        (b"version: 9 GB\nfiles: []\n", "version is '9 GB'; expected 1"),
        (b"version: 1\nfiles: []\n", "files is an empty list; expected a list"),
        (b"version: 1\nfiles: " + b"[" * 20_000, "files.yaml"),
        (b"- 1\n", "expected a mapping"),
    ],
)
def test_unreadable_yaml_is_one_sentence(run: Run, content: bytes, sentence: str) -> None:
    run.folder.config.write_bytes(content)
    with pytest.raises(ProviderError) as caught:
        run.house.extract("files", config=run.folder.config)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
