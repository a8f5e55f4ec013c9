"""``barhouse sql`` and ``barhouse show`` on the warehouse of the demo."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from house_kit import House
from typer.testing import CliRunner, Result

from barhouse import BarhouseError
from barhouse.cli.main import app
from barhouse.lake import DATASETS, export

DAYS = (
    "select symbol, session_date, close, volume, trade_count, is_final, close::float8 as f,"
    " 'a, \"b\"' as t, 'NaN'::numeric as none from marts.bars_1d"
    " where symbol in ('AAPL', 'IBM') and session_date = '2013-03-01' order by symbol"
)
Run = Callable[..., Result]


@pytest.fixture
def run(sample_house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BARHOUSE_STATE_DIR", str(sample_house.settings.state_dir))
    monkeypatch.delenv("BARHOUSE_DATABASE_URL", raising=False)

    def invoke(*arguments: str) -> Result:
        return CliRunner().invoke(app, list(arguments))

    return invoke


@pytest.fixture
def listed(run: Run) -> Callable[..., list[dict[str, Any]]]:
    """A function that runs a command with --json and returns what it lists."""
    return lambda *arguments: json.loads(run(*arguments, "--json").stdout)


def test_sql_gives_every_digit_to_other_programs(run: Run, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run("sql", DAYS, "--format", "csv").stdout)))
    assert rows[0] == {
        "symbol": "AAPL", "session_date": "2013-03-01", "close": "430.47", "volume": "19730300",
        "trade_count": "", "is_final": "true", "f": "430.47", "t": 'a, "b"', "none": "nan",
    }  # fmt: skip
    told = json.loads(run("sql", DAYS, "--format", "json").stdout, parse_float=Decimal)
    assert told[1]["symbol"] == "IBM"
    assert told[0]["close"] == Decimal("430.47")
    assert told[0]["trade_count"] is told[0]["none"] is None
    assert told[0]["is_final"] is True
    assert json.loads(run("sql", "select 1 where false", "--format", "json").stdout) == []
    path = tmp_path / "days.parquet"
    query = DAYS.replace(", 'NaN'::numeric as none", "")
    assert "2 rows in" in run("sql", query, "--format", "parquet", "-o", str(path)).stderr
    table = pq.read_table(path)
    assert table["close"].to_pylist()[0] == Decimal("430.47")
    sent = run("sql", query, "--format", "parquet", "--limit", "1").stdout_bytes
    assert pq.read_table(io.BytesIO(sent)).num_rows == 1
    assert "430.47" in run("sql", DAYS).stdout
    assert "more than 1 rows" in run("sql", DAYS, "--limit", "1").stderr


def test_show_draws_and_lists_the_newest_bars(run: Run) -> None:
    shown = run("show", "AAPL", "--last", "30", "--end", "2005-03-04").stdout
    # Restated for the split of 2005-02-28, so no candle falls to half.
    assert shown.startswith("AAPL  1d  split   2005-03-04   close 42.81")
    lines = shown.splitlines()
    assert len(lines) == 1 + 18 + 1 + 1
    assert lines[-1].split() == ["2005-01-21", "2005-03-04"]
    assert lines[-2].startswith("     volume ")
    bars = json.loads(run("show", "EUR/USD", "--timeframe", "2h", "--last", "2", "--json").stdout)
    assert isinstance(bars, list)
    hours = json.loads(run("show", "EUR/USD", "--timeframe", "1h", "--last", "2", "--json").stdout)
    assert [bar["time"] for bar in hours] == ["2017-12-29 15:00", "2017-12-29 16:00"]
    assert hours[1]["close"] == 1.20075
    many = run("show", "ETH/BTC", "--timeframe", "1m", "--last", "200")
    assert "the newest 68 of 200 bars fit" in many.stderr
    nothing = run("show", "EUR/USD")
    assert "EUR/USD has no bars of 1d; `barhouse coverage` shows" in nothing.stderr


def test_lists_are_json_for_scripts(
    run: Run,
    listed: Callable[..., list[dict[str, Any]]],
    sample_house: House,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    named = {one["provider"]: one["description"] for one in listed("providers")}
    assert "alpaca" in named
    assert all(named.values())
    (server,) = listed("db", "status")
    assert server["data_dir"] == str(sample_house.settings.embedded_dir)

    monkeypatch.setenv("BARHOUSE_LAKE_DIR", str(tmp_path / "lake"))
    assert listed("lake", "ls") == []
    chosen = [dataset for dataset in DATASETS if dataset.name == "bars_1d"]
    now = datetime.now(UTC)
    url = sample_house.url("analyst")
    export(url, tmp_path / "lake", exported_at=now, git_sha=None, datasets=chosen)
    held = listed("lake", "ls", "bars_1d")
    assert sum(one["rows"] for one in held) == 12_205
    assert listed("lake", "verify") == []
    next((tmp_path / "lake").rglob("*.parquet")).unlink()
    damaged = run("lake", "verify", "--json")
    assert damaged.exit_code == 1
    assert len(json.loads(damaged.stdout)) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sql", "select 1", "--format", "xml"], "--format is 'xml'; expected table, csv, json"),
        (["sql", "select 1", "-o", "x"], "A table is for the eye; give --format"),
        (["sql", "select x", "--format", "csv"], 'The database says: column "x" does not'),
        (["show", "APPL"], "There is no symbol 'APPL'; the nearest are AAPL."),
        (["show", "AAPL", "--last", "0"], "--last is 0; expected 1 to 10000."),
        (["show", "AAPL", "--end", "2005-02-30"], "end is '2005-02-30' (that month ends on"),
    ],
)
def test_wrong_questions_are_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    error = run(*arguments).exception
    assert isinstance(error, BarhouseError)
    assert str(error).startswith(sentence)
