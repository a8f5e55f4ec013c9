"""Every expected bar has one state, and ``barhouse backfill --gaps`` asks for the holes alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import alpaca_server
import pytest
import yaml
from extract_kit import Desk
from house_kit import ROOT, House
from wire_kit import Answer, Request, WireServer

QUICK = """version: 1
providers:
  alpaca: {requests_per_minute: 60000, backoff_seconds: 0.01}
"""
THANKSGIVING = "2024-11-28"
HALF_DAY, HALF_DAY_ENDS = "2024-11-29", "2024-11-29T22:00:00Z"
SILENT = "2024-11-29T15:00:00Z"
STATES = (
    "select session_date::text, state, expected_count::integer from quality.gaps"
    " where symbol = 'KO' and expected_count > 0 order by start_at"
)
NOT_PRESENT = "select * from quality.gaps where symbol = 'KO' and state <> 'present'"
COUNTS = (
    "select session_date::text, expected_count::integer, present_count::integer,"
    " completeness_ratio, worst_state from quality.completeness where symbol = %s"
    " order by session_date"
)


class Exchange(alpaca_server.Alpaca):
    """The week of Thanksgiving: a holiday, a half day, and in that a minute without a trade."""

    def __call__(self, request: Request) -> Answer:
        answer = super().__call__(request)
        if request.path == "/v2/stocks/bars" and answer.status == 200:
            for symbol, bars in answer.body["bars"].items():
                answer.body["bars"][symbol] = [bar for bar in bars if _is_traded(bar["t"])]
        return answer


def _is_traded(text: str) -> bool:
    is_late = text.startswith(HALF_DAY) and text >= HALF_DAY_ENDS
    # After midnight UTC it is still the evening of the day before.
    is_holiday = f"{THANKSGIVING}T05" <= text < f"{HALF_DAY}T05"
    return not (is_late or is_holiday or text.startswith("2024-11-30") or text == SILENT)


@pytest.fixture
def alpaca() -> Iterator[WireServer]:
    server = alpaca_server.start(Exchange())
    yield server
    server.close()


@pytest.fixture
def desk(house: House, project_copy: Path, alpaca: WireServer) -> Desk:
    (project_copy / "config" / "providers.yaml").write_text(QUICK)
    variables = {
        "APCA_API_KEY_ID": alpaca_server.KEY,
        "APCA_API_SECRET_KEY": alpaca_server.SECRET,
        "BARHOUSE_ALPACA_BASE_URL": alpaca.url,
        "BARHOUSE_ALPACA_TRADING_BASE_URL": alpaca.url,
    }
    return Desk(house, variables, project_copy)


def ask(desk: Desk, symbol: str, timeframe: str, start: str, end: str) -> int:
    dates = ("--start", start, "--end", end, "--only", "bars")
    return desk.run_here(
        "extract", "alpaca", "--symbols", symbol, "--timeframe", timeframe, *dates
    )[0]


def asked_of(server: WireServer) -> list[tuple[str, str, str]]:
    return [
        (request.query["symbols"], request.query["start"], request.query["end"])
        for request in server.requests
        if request.path.endswith("/bars")
    ]


def test_backfill_before_the_first_build_is_refused(bare_house: House, project_copy: Path) -> None:
    code, said = Desk(bare_house, {}, project_copy).run_here("backfill", "--gaps")
    assert (code, said.strip()) == (1, "error: Nothing is built yet; run `barhouse build` first.")


def test_backfill_asks_for_holes_alone(desk: Desk, house: House, alpaca: WireServer) -> None:
    assert ask(desk, "KO", "1m", "2024-11-27", "2024-11-30") == 0
    alpaca.fail_next(Answer(alpaca_server.NO_RECENT, 403))
    assert ask(desk, "KO", "1m", "2024-12-02", "2024-12-03") == 1
    assert ask(desk, "KO", "1m", "2024-12-04", "2024-12-05") == 0
    assert ask(desk, "BTC/USD", "1h", "2024-11-30", "2024-12-02") == 0
    house.build()

    # The half day has 210 minutes, and the one without a trade is its only gap.
    assert house.query(STATES) == [
        ("2024-11-27", "present", 390),
        (HALF_DAY, "present", 30),
        (HALF_DAY, "no_trades", 1),
        (HALF_DAY, "present", 179),
        ("2024-12-02", "failed", 390),
        ("2024-12-03", "not_requested", 390),
        ("2024-12-04", "present", 390),
    ]
    closed = {row[6] for row in house.query(NOT_PRESENT) if str(row[2]) == THANKSGIVING}
    assert closed == {"closed"}
    assert house.query(COUNTS, "KO") == [
        ("2024-11-27", 390, 390, 1, "present"),
        (HALF_DAY, 210, 209, 1, "no_trades"),
        ("2024-12-02", 390, 0, 0, "failed"),
        ("2024-12-03", 390, 0, 0, "not_requested"),
        ("2024-12-04", 390, 390, 1, "present"),
    ]
    # Crypto trades on Saturday and Sunday.
    assert [row[1:3] for row in house.query(COUNTS, "BTC/USD")] == [(24, 24), (24, 24)]

    assert_freshness_counts_sessions(house)
    seen = len(alpaca.requests)
    since = ("backfill", "--gaps", "--since", "2024-11-01")
    code, said = desk.run_here(*since, "--refetch", "--dry-run")
    assert "781 missing bars in 2 ranges to ask alpaca for" in said
    code, said = desk.run_here(*since, "--dry-run")
    assert code == 0
    assert "780 missing bars in 1 ranges to ask alpaca for" in said
    assert len(alpaca.requests) == seen

    # What was answered to have no trades is not asked again.
    code, said = desk.run_here(*since)
    assert code == 0, said
    assert len(alpaca.requests) == seen + 1
    # Two whole days, hence with their extended hours: from midnight to midnight in New York.
    (hole,) = asked_of(alpaca)[-1:]
    assert hole[0] == "KO"
    assert datetime.fromisoformat(hole[1]) == datetime(2024, 12, 2, 5, tzinfo=UTC)
    # Alpaca's ends are inclusive.
    end_at = datetime.fromisoformat(hole[2])
    assert timedelta(0) < datetime(2024, 12, 4, 5, tzinfo=UTC) - end_at <= timedelta(minutes=1)
    # Nor is what has just landed, before the build that knows it.
    code, said = desk.run_here(*since)
    assert code == 1
    assert "1 loads have landed since the last build" in said
    assert len(alpaca.requests) == seen + 1


def assert_freshness_counts_sessions(house: House) -> None:
    sources = yaml.safe_load((ROOT / "models/staging/_staging__sources.yml").read_text())
    (bars,) = [table for table in sources["sources"][0]["tables"] if table["name"] == "raw_bars"]
    query = bars["config"]["loaded_at_query"]
    # Ranges of the past are not followed, so nothing is due.
    assert house.query("select * from ops.ops_freshness") == []
    ((loaded_at,),) = house.query(query)
    assert datetime.now(UTC) - loaded_at < timedelta(minutes=5)
    # As if they had been asked for up to now: the next session is that of Thursday.
    house.execute("update core.bar_series set is_followed = true where timeframe = '1m'")
    assert house.query(query) == [(datetime(2024, 12, 5, 21, tzinfo=UTC),)]
