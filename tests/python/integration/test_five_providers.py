"""All five providers, each through its own SDK against its own server, into the marts.

One command extracts what ``config/sources.yaml`` says of them, one builds. AAPL comes from Polygon
and Alpaca, IBM from Interactive Brokers and Yahoo, BTC/USD from Coinbase and Polygon.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import alpaca_server
import coinbase_server
import polygon_server
import pytest
import tws_server
import yahoo_server
from extract_kit import Desk
from house_kit import House, copy_project
from test_bad_input_kit import house_in
from yahoo_market import daily_bar

from barhouse import embedded

CONFIG = """version: 1
providers:
  alpaca: {requests_per_minute: 60000}
  coinbase: {requests_per_minute: 60000}
  interactive_brokers: {requests_per_minute: 60000}
  polygon: {requests_per_minute: 60000}
  yahoo: {requests_per_minute: 60000}
"""
SOURCES = """
version: 1
sources:
  - provider: polygon
    options: {symbols: [AAPL, BTC/USD], timeframes: [1d, 1m], start: 2026-08-03, end: 2026-08-08}
  - provider: alpaca
    options: {symbols: [AAPL, MSFT], timeframes: [1d, 1m], start: 2026-08-03, end: 2026-08-08}
  - provider: yahoo
    options: {symbols: [IBM, BRK.B], start: 2026-08-03, end: 2026-08-08}
  - provider: interactive_brokers
    options: {symbols: [IBM], timeframes: [1d, 1h], start: 2026-08-03, end: 2026-08-08}
  - provider: coinbase
    options: {symbols: [BTC-USD], timeframes: [1m], start: 2026-08-03, end: 2026-08-05}
"""
#: IBM split 2:1 on the Thursday; Yahoo and IB have restated the days before.
SPLIT_ON = date(2026, 8, 6)
PAID = date(2026, 8, 5)


@pytest.fixture(scope="module")
def desk(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("five")
    paid = alpaca_server.dividend("AAPL", str(PAID), 0.25, "2026-08-20")
    alpaca = alpaca_server.start(alpaca_server.Alpaca(actions={"AAPL": {"cash_dividends": [paid]}}))
    told = {
        **polygon_server.made_dividends("AAPL")[0],
        "id": "E1",
        "ex_dividend_date": str(PAID),
        "cash_amount": 0.25,
    }
    polygon = polygon_server.start(polygon_server.PolygonMarket(splits=[], dividends=[told]))
    coinbase = coinbase_server.start()
    yahoo = yahoo_server.start(folder, events={"IBM": {"splits": {SPLIT_ON: (2, 1)}}})
    tws = tws_server.start()
    project = folder / "project"
    make_project(project)
    house = house_in(folder / "house", template)
    variables = {
        "APCA_API_KEY_ID": alpaca_server.KEY,
        "APCA_API_SECRET_KEY": alpaca_server.SECRET,
        "POLYGON_API_KEY": "GOODKEY",
        "BARHOUSE_ALPACA_BASE_URL": alpaca.url,
        "BARHOUSE_ALPACA_TRADING_BASE_URL": alpaca.url,
        "BARHOUSE_POLYGON_BASE_URL": polygon.url,
        "BARHOUSE_COINBASE_BASE_URL": coinbase.url,
        "BARHOUSE_YAHOO_PROXY": yahoo.url,
        "BARHOUSE_CA_FILE": yahoo.ca_file,
        "BARHOUSE_IB_HOST": "127.0.0.1",
        "BARHOUSE_IB_PORT": str(tws.port),
    }
    desk = Desk(house, variables, project)
    code, said = desk.run("extract", "--all")
    assert code == 0, said
    code, said = desk.run("build")
    assert code == 0, said
    yield desk
    for server in (alpaca, polygon, coinbase, yahoo, tws):
        server.close()
    embedded.stop(house.settings.embedded_dir)


def make_project(folder: Path) -> None:
    copy_project(folder)
    (folder / "config" / "providers.yaml").write_text(CONFIG)
    (folder / "config" / "sources.yaml").write_text(textwrap.dedent(SOURCES))


def days(house: House, symbol: str) -> list[tuple]:
    return house.query(
        "select b.session_date, b.provider, trim_scale(b.close), b.is_final"
        " from core.bars_1d as b join core.instruments as i using (instrument_id)"
        " where i.symbol = %s order by 1",
        symbol,
    )


def test_every_provider_landed_and_nothing_was_rejected(desk: Desk) -> None:
    landed = desk.house.query(
        "select provider, count(distinct provider_symbol) from staging.raw_bars"
        " group by 1 order by 1"
    )
    assert landed == [
        ("alpaca", 2),
        ("coinbase", 1),
        ("interactive_brokers", 1),
        ("polygon", 2),
        ("yahoo", 2),
    ]
    assert desk.house.query("select * from staging.raw_rejects") == []
    assert desk.house.query("select * from quality.quarantine") == []


def test_preferred_provider_stands(desk: Desk) -> None:
    assert {(row[1], row[3]) for row in days(desk.house, "AAPL")} == {("polygon", True)}
    assert {(row[1], row[3]) for row in days(desk.house, "MSFT")} == {("alpaca", True)}
    assert {(row[1], row[3]) for row in days(desk.house, "IBM")} == {("interactive_brokers", True)}
    assert len(days(desk.house, "AAPL")) == len(days(desk.house, "IBM")) == 5
    minutes = desk.house.query(
        "select provider, count(*) from core.bars_1m as b"
        " join core.instruments as i using (instrument_id) where i.symbol = 'BTC/USD' group by 1"
    )
    # Polygon has the days that Coinbase was not asked for.
    assert minutes == [("coinbase", 2 * 1440), ("polygon", 3 * 1440)]


def test_spellings_of_all_providers_are_one_instrument(desk: Desk) -> None:
    names = desk.house.query(
        "select symbol, count(*) from core.instruments"
        " where symbol in ('AAPL', 'MSFT', 'IBM', 'BTC/USD', 'BRK.B') group by 1 order by 1"
    )
    assert names == [(name, 1) for name in ("AAPL", "BRK.B", "BTC/USD", "IBM", "MSFT")]


def test_restated_days_are_brought_back_to_what_was_traded(desk: Desk) -> None:
    landed = dict(
        desk.house.query(
            "select session_date, trim_scale(close) from staging.raw_bars"
            " where provider = 'interactive_brokers' and timeframe = '1d'"
        )
    )
    for day, _provider, close, _final in days(desk.house, "IBM"):
        assert close == landed[day] * (2 if day < SPLIT_ON else 1)
    # Yahoo prints a float32; what it means is the short number.
    yahoo = dict(
        desk.house.query(
            "select session_date, trim_scale(close) from staging.raw_bars"
            " where provider = 'yahoo' and provider_symbol = 'BRK-B'"
        )
    )
    assert yahoo == {day: Decimal(str(daily_bar("BRK.B", day).close)) for day in yahoo}
    assert len(yahoo) == 5


def test_actions_of_two_providers_agree(desk: Desk) -> None:
    actions = desk.house.query(
        "select i.symbol, a.action_type, a.ex_date, trim_scale(coalesce(a.split_ratio,"
        " a.dividend_amount)), a.agreement, a.is_applied"
        " from core.corporate_actions as a join core.instruments as i using (instrument_id)"
        " order by 1, 2"
    )
    assert actions == [
        ("AAPL", "cash_dividend", PAID, Decimal("0.25"), "agreed", True),
        ("IBM", "split", SPLIT_ON, Decimal(2), "single_source", True),
    ]


def test_marts_are_built_from_what_came(desk: Desk) -> None:
    hours = desk.house.query("select count(*) from marts.bars_1h where symbol = 'AAPL'")
    # Counted from the open: six before it from 04:00 on, seven of the session, four after it.
    assert hours == [(5 * 17,)]
    adjusted = desk.house.query(
        "select raw_close::numeric, close from marts.bars_1d_adjusted where symbol = 'AAPL'"
        " order by session_date"
    )
    factor = 1 - Decimal("0.25") / adjusted[1][0]
    for raw, close in adjusted[:2]:
        assert close == pytest.approx(float(raw * factor))
    assert [float(raw) for raw, _close in adjusted[2:]] == [close for _raw, close in adjusted[2:]]


def test_providers_are_compared_with_what_is_published(desk: Desk) -> None:
    compared = desk.house.query(
        "select i.symbol, d.timeframe, d.provider, count(*), sum(d.bar_count)::int,"
        " sum(d.published_count)::int, sum(d.compared_count)::int, sum(d.differing_count)::int"
        " from core.provider_days as d join core.instruments as i using (instrument_id)"
        " where i.symbol in ('AAPL', 'IBM') and d.timeframe = '1d' group by 1, 2, 3 order by 1, 3"
    )
    # Restated days are compared as they were traded, so Yahoo's and IB's agree before the split.
    assert compared == [
        ("AAPL", "1d", "alpaca", 5, 5, 0, 5, 0),
        ("AAPL", "1d", "polygon", 5, 5, 5, 0, 0),
        ("IBM", "1d", "interactive_brokers", 5, 5, 5, 0, 0),
        ("IBM", "1d", "yahoo", 5, 5, 0, 5, 0),
    ]
    # The two servers make their crypto prices apart.
    differing = desk.house.query(
        "select symbol, timeframe, provider, compared_with, session_date,"
        " compared_count, differing_count > 0, largest_difference > 0.005,"
        " evidence ->> 'published_by'"
        " from quality.provider_disagreements order by session_date"
    )
    assert differing == [
        (
            *("BTC/USD", "1m", "polygon", "coinbase", date(2026, 8, day), 1440),
            *(True, True, "coinbase"),
        )
        for day in (3, 4)
    ]


def test_explain_names_what_stands_behind_a_bar(desk: Desk) -> None:
    code, said = desk.run("explain", "IBM", str(PAID), "--json")
    assert code == 0, said
    found = json.loads(said)
    days = {row["provider"]: row for row in found["landed"] if row["timeframe"] == "1d"}
    assert {provider: row["verdict"] for provider, row in days.items()} == {
        "interactive_brokers": "published",
        "yahoo": "outranked",
    }
    # What came is restated for the split of the next day; what stands is as it was traded.
    stands = days["interactive_brokers"]
    assert Decimal(stands["restated_ratio"]) == 2
    assert Decimal(found["day"]["close"]) == 2 * Decimal(stands["close"])
    core = desk.house.query(
        "select load_id, request_id, source_row from core.bars_1d as b"
        " join core.instruments as i using (instrument_id)"
        " where i.symbol = 'IBM' and session_date = %s",
        PAID,
    )
    assert core == [(stands["load_id"], stands["request_id"], stands["source_row"])]
    asked = desk.house.query(
        "select source from staging.requests where request_id = %s", stands["request_id"]
    )
    assert asked == [(stands["source"],)]
    (split,) = found["actions"]
    assert (split["ex_date"], Decimal(split["factor"])) == (str(SPLIT_ON), Decimal("0.5"))
    assert found["adjusted"]["split_factor"] == 0.5
    assert {test["status"] for test in found["tests"]} == {"pass"}
    assert any(test["models"] == "bars_1d" for test in found["tests"])
    hours = {row["verdict"] for row in found["landed"] if row["timeframe"] == "1h"}
    assert hours == {"published"}

    code, said = desk.run("explain", "IBM", str(PAID), "--timeframe", "1h", "--at", "10:00")
    assert code == 0, said
    (hour,) = [
        row
        for row in found["landed"]
        if row["timeframe"] == "1h" and " 14:00" in row["bar_start_at"]
    ]
    for name in (hour["load_id"], hour["request_id"], "14:00", "ohlc_inconsistent"):
        assert name in said
    code, said = desk.run("explain", "IBN", str(PAID))
    assert code == 1
    assert said.startswith("error: There is no symbol 'IBN'; the nearest are IBM")


def test_second_run_lands_no_bar_again(desk: Desk) -> None:
    counted = "select count(*) from staging.raw_bars"
    before = desk.house.query(counted)
    code, said = desk.run("extract", "--all")
    assert code == 0, said
    assert desk.house.query(counted) == before
