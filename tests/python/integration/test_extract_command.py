"""``barhouse extract`` as people type it: what it says, how it ends, and what it leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import alpaca_server
import coinbase_server
import pytest
from extract_kit import Desk
from house_kit import ROOT, House
from test_bad_input_kit import house_in
from wire_kit import Answer, Request, WireServer, serving

from barhouse import embedded

SECRET = alpaca_server.SECRET
KEYS = {"APCA_API_KEY_ID": alpaca_server.KEY, "APCA_API_SECRET_KEY": SECRET}
QUICK = """version: 1
providers:
  alpaca: {requests_per_minute: 60000, backoff_seconds: 0.01}
  coinbase: {requests_per_minute: 60000, backoff_seconds: 0.01}
"""


@pytest.fixture(scope="module")
def shared(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One warehouse for all: every test asks for symbols of its own."""
    house = house_in(tmp_path_factory.mktemp("extract"), template)
    yield house
    embedded.stop(house.settings.embedded_dir)


@pytest.fixture
def alpaca() -> Iterator[WireServer]:
    server = alpaca_server.start()
    yield server
    server.close()


@pytest.fixture
def coinbase() -> Iterator[WireServer]:
    server = coinbase_server.start()
    yield server
    server.close()


@pytest.fixture
def desk(shared: House, project_copy: Path, alpaca: WireServer, coinbase: WireServer) -> Desk:
    (project_copy / "config" / "providers.yaml").write_text(QUICK)
    return Desk(
        shared,
        {
            **KEYS,
            "BARHOUSE_ALPACA_BASE_URL": alpaca.url,
            "BARHOUSE_ALPACA_TRADING_BASE_URL": alpaca.url,
            "BARHOUSE_COINBASE_BASE_URL": coinbase.url,
        },
        project_copy,
    )


def bars_of(house: House, symbol: str) -> int:
    counted = "select count(*) from staging.raw_bars where provider_symbol = %s"
    return house.query(counted, symbol)[0][0]


def week(*more: str) -> tuple[str, ...]:
    return ("--timeframe", "1h", "--start", "2026-06-01", "--end", "2026-06-06", *more)


def test_one_symbol_that_fails_does_not_stop_the_others(desk: Desk) -> None:
    code, said = desk.run("extract", "alpaca", "--symbols", "NOPE,CAT", *week())
    assert code == 3
    assert re.search(r"CAT\s+│\s+1h\s+│\s+1 │\s+80 │", said)
    assert (
        "failed: NOPE bars: 'NOPE' is in no preset and not in config/symbols.yaml, and alpaca does "
        "not list it; correct the symbol or add it to config/symbols.yaml"
    ) in said
    assert bars_of(desk.house, "CAT") == 80


def test_nothing_but_failures_ends_with_one(desk: Desk) -> None:
    code, said = desk.run("extract", "alpaca", "--symbols", "NOPE", *week())
    assert code == 1
    assert "Traceback" not in said


def test_second_run_asks_for_nothing_that_is_settled(desk: Desk, alpaca: WireServer) -> None:
    assert desk.run("extract", "alpaca", "--symbols", "KO", *week())[0] == 0
    seen = len(alpaca.requests)
    code, said = desk.run("extract", "alpaca", "--symbols", "KO", *week())
    assert (code, said.strip()) == (0, "alpaca: nothing new")
    assert len(alpaca.requests) == seen
    # A longer range asks for what is new in it only.
    longer = ("--timeframe", "1h", "--start", "2026-05-30", "--end", "2026-06-13")
    assert desk.run("extract", "alpaca", "--symbols", "KO", *longer)[0] == 0
    asked = [r.query for r in alpaca.requests[seen:] if r.path == "/v2/stocks/bars"]
    assert sorted(query["start"][:10] for query in asked) == ["2026-05-30", "2026-06-06"]
    assert bars_of(desk.house, "KO") == 160

    code, said = desk.run("extract", "alpaca", "--symbols", "KO", *week("--refetch"))
    assert (code, bars_of(desk.house, "KO")) == (0, 240)

    code, said = desk.run("coverage", "KO", "1h")
    assert code == 0
    assert re.search(
        r"alpaca\s+sip\s+1h\s+2026-06-01 04:00\s+2026-06-13 04:00\s+rows\s+3\s+240", said
    )
    asked_for = json.loads(desk.run("coverage", "KO", "1h", "--json")[1])
    assert [(one["provider"], one["row_count"]) for one in asked_for][-1] == ("alpaca", 240)


def test_refused_key_ends_the_run_and_names_the_variables(desk: Desk, alpaca: WireServer) -> None:
    desk.variables |= {"APCA_API_SECRET_KEY": "wr0ng5ecret"}
    code, said = desk.run("extract", "alpaca", "--symbols", "IBM,MSFT,AAPL", *week())
    assert code == 1
    assert "Check APCA_API_KEY_ID and APCA_API_SECRET_KEY." in said
    assert "wr0ng5ecret" not in said
    assert bars_of(desk.house, "IBM") == 0


def test_missing_key_is_one_sentence_and_costs_the_others_nothing(
    desk: Desk, project_copy: Path
) -> None:
    (project_copy / "config" / "sources.yaml").write_text(
        textwrap.dedent("""\
            version: 1
            sources:
              - provider: polygon
                options: {symbols: [IBM], start: 2026-06-01, end: 2026-06-06}
              - provider: coinbase
                options: {symbols: [SOL-USD], timeframes: [1h], start: 2026-06-01, end: 2026-06-03}
        """)
    )
    code, said = desk.run("extract", "--all")
    assert code == 3
    assert "polygon: polygon needs a key and POLYGON_API_KEY is not set; set it in the" in said
    assert "under [sources.polygon] into .dlt/secrets.toml." in said
    assert re.search(r"coinbase\s+│\s+2 │\s+49 │.*│ all", said)
    assert bars_of(desk.house, "SOL-USD") == 48


def test_key_from_the_secrets_file_works_and_is_written_nowhere(
    desk: Desk, project_copy: Path
) -> None:
    desk.variables = {k: v for k, v in desk.variables.items() if not k.startswith("APCA")}
    (project_copy / ".dlt").mkdir()
    (project_copy / ".dlt" / "secrets.toml").write_text(
        f'[sources.alpaca]\napi_key = "{alpaca_server.KEY}"\napi_secret = "{SECRET}"\n'
    )
    desk.variables["BARHOUSE_LOG"] = "json"
    code, said = desk.run("extract", "alpaca", "--symbols", "DIS,NOPE", *week())
    assert code == 3
    assert SECRET not in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    told = [line for line in lines if line["symbol"] == "DIS" and line["dataset"] == "bars"]
    assert [(line["row_count"], line["timeframe"], line["fault"]) for line in told] == [
        (80, "1h", None)
    ]
    for path in desk.house.settings.state_dir.rglob("*"):
        if path.is_file() and "cache" not in path.relative_to(desk.house.settings.state_dir).parts:
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("extract",), "Name one provider, or give --all"),
        (("extract", "alpaca", "--all"), "Name one provider, or give --all"),
        (("extract", "--all", "--start", "2026-01-01"), "--start goes with one provider only"),
        (("extract", "alpca", "--symbols", "KO"), "There is no provider 'alpca'"),
        (("extract", "alpaca"), "alpaca needs to know which symbols: give `symbols`, or a"),
        (
            ("extract", "alpaca", "--preset", "dow3"),
            "There is no universe or preset 'dow3'; expected one of",
        ),
        (
            ("extract", "alpaca", "--symbols", "KO", "--timeframe", "7m"),
            "alpaca has no timeframe '7m'; expected some of 1m, 5m, 15m, 30m, 1h, 1d.",
        ),
        (
            ("extract", "alpaca", "--symbols", "KO", "--start", "yesterday"),
            "alpaca has `start` 'yesterday'; expected a date as YYYY-MM-DD.",
        ),
        (
            (
                "extract",
                "alpaca",
                "--symbols",
                "KO",
                "--start",
                "2026-02-01",
                "--end",
                "2026-01-01",
            ),
            "expected a start before the end",
        ),
        (
            ("extract", "coinbase", "--symbols", "BTC-USD", "--only", "actions"),
            "coinbase does not report actions; ask another provider.",
        ),
        (("extract", "coinbase", "--preset", "dow30"), "coinbase offers nothing of 'dow30'"),
        (("extract", "alpaca", "--symbols", "K;O"), "cannot be asked for 'K;O'"),
        (("coverage", "ZZZ"), "Nothing was asked for 'ZZZ' yet"),
    ],
)
def test_mistake_is_one_sentence(desk: Desk, arguments: tuple[str, ...], sentence: str) -> None:
    code, said = desk.run_here(*arguments)
    assert code == 1
    assert said.startswith("error: ")
    assert sentence in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("BARHOUSE_ALPACA_BASE_URL", "localhost:80", "BARHOUSE_ALPACA_BASE_URL is no URL"),
        ("BARHOUSE_CHECKPOINT_ROWS", "many", "BARHOUSE_CHECKPOINT_ROWS is 'many'; expected"),
        ("BARHOUSE_LOG", "xml", "BARHOUSE_LOG is 'xml'; expected text or json."),
        ("BARHOUSE_CA_FILE", "no/such.pem", "BARHOUSE_CA_FILE names"),
    ],
)
def test_wrong_variable_is_one_sentence(
    desk: Desk, variable: str, value: str, sentence: str
) -> None:
    desk.variables[variable] = value
    code, said = desk.run_here("extract", "alpaca", "--symbols", "KO", *week())
    assert (code, said.count("\n")) == (1, 1)
    assert sentence in said


def test_provider_that_is_down_is_given_up_and_continued_later(
    desk: Desk, coinbase: WireServer
) -> None:
    symbols = "ADA-USD,LTC-USD,BCH-USD,DOT-USD,UNI-USD,LINK-USD,AAVE-USD,XTZ-USD"
    command = ("extract", "coinbase", "--symbols", symbols, *week())
    coinbase.fail_next(None, *[Answer({"error": "down"}, 503)] * 500)
    code, said = desk.run(*command)
    assert code == 3
    assert "coinbase failed for 5 requests in a row, whatever the wait;" in said
    assert "Run the same command again later to continue." in said
    coinbase.heal()
    code, said = desk.run(*command)
    assert code == 0, said
    for symbol in symbols.split(","):
        assert bars_of(desk.house, symbol) == 120


def test_bad_values_are_rejected_with_their_place_and_the_rest_lands(
    desk: Desk, alpaca: WireServer
) -> None:
    def spoiled(answer: Answer) -> Answer:
        rows = answer.body["bars"]["CVX"]
        rows[0]["c"] = str(rows[0]["c"])
        rows[1]["h"] = float("nan")
        rows[2]["t"] = "2031-01-01T00:00:00Z"
        rows[3]["t"] = "2026-05-01T14:00:00Z"
        return answer

    alpaca.fail_next(spoiled)
    code, said = desk.run("extract", "alpaca", "--symbols", "CVX", *week("--only", "bars"))
    assert code == 0
    assert "4 records could not be read" in said
    assert bars_of(desk.house, "CVX") == 76
    rejects = desk.house.query(
        "select provider, source, column_name, seen_value from staging.raw_rejects"
        " where source like 'CVX%' order by column_name, seen_value"
    )
    assert [(provider, source[:6], column) for provider, source, column, _seen in rejects] == [
        ("alpaca", "CVX 1h", "bar_start_at"),
        ("alpaca", "CVX 1h", "bar_start_at"),
        ("alpaca", "CVX 1h", "close"),
        ("alpaca", "CVX 1h", "high"),
    ]
    assert [seen for *_, seen in rejects][:2] == [
        "'2026-05-01T14:00:00Z'",
        "'2031-01-01T00:00:00Z'",
    ]


def test_symbol_list_lands(desk: Desk) -> None:
    code, _said = desk.run("extract", "coinbase", "--only", "assets")
    assert code == 0
    listed = desk.house.query(
        "select provider_symbol, symbol from staging.raw_assets"
        " where derivation = 'reported' and provider = 'coinbase' order by 1"
    )
    assert ("BTC-USD", "BTC/USD") in listed
    assert desk.run("extract", "coinbase", "--only", "assets")[1].strip() == "coinbase: nothing new"


def test_import_of_extract_imports_no_sdk() -> None:
    script = (
        "import sys, extract.registry as r, extract.pipelines\n"
        "for name in r.provider_names(): r.load_provider(name)\n"
        "print([m for m in ('alpaca', 'coinbase', 'ib_insync', 'polygon', 'yfinance', 'dlt')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_sdk_that_is_missing_costs_the_others_nothing(desk: Desk, tmp_path: Path) -> None:
    # A package of the SDK's name that cannot be imported, before the real one.
    hidden = tmp_path / "hidden"
    (hidden / "alpaca").mkdir(parents=True)
    (hidden / "alpaca" / "__init__.py").write_text("raise ImportError('not installed')\n")
    desk.variables["PYTHONPATH"] = str(hidden)
    code, said = desk.run("extract", "alpaca", "--symbols", "HON", *week())
    assert code == 1
    assert "alpaca needs the package alpaca-py (not installed); run `make setup`" in said
    command = ("extract", "coinbase", "--symbols", "YFI-USD", *week())
    assert desk.run(*command)[0] == 0


def acme_days(symbol: str) -> Callable[[Request], Answer]:
    """The API of the example in CONTRIBUTING.md."""

    def answer(request: Request) -> Answer:
        if request.headers.get("Authorization") != "Bearer k3y":
            return Answer({}, 401)
        if request.query["symbol"] != symbol:
            return Answer({"rows": []})
        if request.path == "/symbols":
            return Answer({"rows": [{"symbol": symbol}]})
        day = {"day": "2024-01-02", "open": 169.5, "high": 171.4, "low": 169.1, "close": 170.9}
        return Answer({"rows": [{**day, "volume": 5_400_000}]})

    return answer


def test_example_of_contributing_lands_as_an_installed_package(desk: Desk, tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    code_block = text.partition("## A provider")[2].partition("```python\n")[2].partition("```")[0]
    assert len(code_block.splitlines()) <= 60
    entry_points = text.partition("[project.entry-points.")[2].partition("```")[0]
    site = tmp_path / "site"
    metadata = site / "acme_bars-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "acme_bars.py").write_text(code_block)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-bars\nVersion: 1.0\n")
    target = re.search(r'acme = "(.+)"', entry_points)
    assert target
    (metadata / "entry_points.txt").write_text(f"[barhouse.providers]\nacme = {target[1]}\n")
    with serving(acme_days("PEP")) as server:
        desk.variables |= {
            "PYTHONPATH": str(site),
            "ACME_API_KEY": "k3y",
            "BARHOUSE_ACME_BASE_URL": server.url,
        }
        assert "Acme: days of US stocks, by key" in desk.run("providers")[1]
        command = ("extract", "acme", "--symbols", "PEP,XOM,NEWCO", "--start", "2024-01-01")
        code, said = desk.run(*command, "--end", "2024-01-04")
        assert code == 3, said
        assert "'NEWCO' is in no preset" in said
        landed = desk.house.query(
            "select session_date::text, trim_scale(close)::text, is_final from staging.raw_bars"
            " where provider = 'acme'"
        )
        assert landed == [("2024-01-02", "170.9", True)]
        assert desk.run(*command[:3], "PEP", *command[4:], "--end", "2024-01-04")[1].strip() == (
            "acme: nothing new"
        )
        desk.variables["ACME_API_KEY"] = "stale"
        code, said = desk.run("extract", "acme", "--symbols", "KO", "--start", "2024-01-01")
        assert (code, "Check ACME_API_KEY." in said) == (1, True)
