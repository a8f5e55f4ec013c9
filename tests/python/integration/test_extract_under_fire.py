"""Alpaca on a bad day: faults on every few requests, and an extract that is killed again and again.

However it goes, every bar lands exactly once and nothing that counts as landed is asked again.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import alpaca_server
import pytest
from extract_kit import Desk, kill
from house_kit import House
from wire_kit import HANG_UP, Answer, Weather, WireServer, broken_json, truncated

SYMBOLS = ("AAPL", "MSFT", "IBM", "KO", "PG", "JNJ")
FIRST, END = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)
#: 04:00 to 20:00 in New York, minute by minute, Monday to Friday.
DAYS = sum((FIRST + timedelta(days=n)).weekday() < 5 for n in range((END - FIRST).days))
BARS = DAYS * 16 * 60
COMMAND = (
    *("extract", "alpaca", "--symbols", ",".join(SYMBOLS), "--timeframe", "1m"),
    *("--start", f"{FIRST:%Y-%m-%d}", "--end", f"{END:%Y-%m-%d}", "--only", "bars"),
)
LANDED = (
    "from staging.raw_bars as b"
    " inner join staging._dlt_loads as l on b._dlt_load_id = l.load_id and l.status = 0"
)
ANSWERED = (
    "select r.provider_symbol, r.window_start_at from staging.requests as r"
    " inner join staging._dlt_loads as l on r._dlt_load_id = l.load_id and l.status = 0"
    " where r.dataset = 'bars' and r.outcome = 'rows'"
)
CONFIG = """version: 1
providers:
  alpaca: {requests_per_minute: 60000, concurrency: 4, backoff_seconds: 0.02}
"""


@pytest.fixture
def server() -> Iterator[WireServer]:
    weather = Weather(
        {
            5: Answer({"message": "too many requests."}, 429, {"Retry-After": "0"}),
            7: HANG_UP,
            11: truncated,
            13: broken_json,
            17: Answer({"message": "internal server error"}, 500),
        }
    )
    server = alpaca_server.start(alpaca_server.Alpaca(keeps={}), weather=weather)
    yield server
    server.close()


@pytest.fixture
def desk(house: House, server: WireServer, project_copy: Path) -> Desk:
    (project_copy / "config" / "providers.yaml").write_text(CONFIG)
    return Desk(
        house,
        {
            "APCA_API_KEY_ID": alpaca_server.KEY,
            "APCA_API_SECRET_KEY": alpaca_server.SECRET,
            "BARHOUSE_ALPACA_BASE_URL": server.url,
            "BARHOUSE_ALPACA_TRADING_BASE_URL": server.url,
            "BARHOUSE_CHECKPOINT_ROWS": "20000",
        },
        project_copy,
    )


def asked(server: WireServer, since: int) -> set[tuple[str, datetime]]:
    """First pages that were asked for, by symbol and start."""
    return {
        (request.query["symbols"], datetime.fromisoformat(request.query["start"]))
        for request in server.requests[since:]
        if request.path == "/v2/stocks/bars"
    }


def answered(house: House) -> set[tuple[str, datetime]]:
    return set(house.query(ANSWERED))


MAIN = """
from barhouse.cli import main
sys.argv = ["barhouse", *sys.argv[1:]]
main()
"""
#: Kills the process once the database has committed the bars and before dlt has noted it.
DEATH_AFTER_COPY = """
import os, signal, sys
from dlt.common.storages.load_package import PackageStorage

noted = PackageStorage.save_pending_transition

def die(self, load_id, file_name, state, failed_message=None):
    if file_name.startswith("raw_bars."):
        os.kill(os.getpid(), signal.SIGKILL)
    return noted(self, load_id, file_name, state, failed_message)

PackageStorage.save_pending_transition = die
"""
#: Kills the process once the files of a load are ready to be copied and before dlt has put away
#: what they were made from.
DEATH_AFTER_NORMALIZING = """
import os, signal, sys
from dlt.common.storages.load_storage import LoadStorage

commit = LoadStorage.commit_new_load_package

def die(self, load_id):
    commit(self, load_id)
    os.kill(os.getpid(), signal.SIGKILL)

LoadStorage.commit_new_load_package = die
"""
#: Kills the process once the load stands in the ledger and before dlt has put it away.
DEATH_AFTER_LEDGER = """
import os, signal, sys
from dlt.common.storages.load_storage import LoadStorage

def die(self, load_id, aborted):
    os.kill(os.getpid(), signal.SIGKILL)

LoadStorage.complete_load_package = die
"""
#: The database commits, and dies before it says so: every commit of a COPY ends in an error.
SILENCE_AFTER_COPY = """
import sys
from adbc_driver_manager import dbapi

commit = dbapi.Connection.commit

def fall_silent(self):
    commit(self)
    raise dbapi.OperationalError("server closed the connection", status_code=10)

dbapi.Connection.commit = fall_silent
"""


EVERYTHING = "select count(*), count(distinct bar_start_at) from staging.raw_bars"


def run_with(accident: str, desk: Desk, *command: str) -> tuple[int, str]:
    """Run a command in a process that an accident happens to; its exit code and all it said."""
    process = subprocess.run(
        [sys.executable, "-c", accident + MAIN, *command],
        cwd=desk.project,
        env=desk.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout


def test_kill_between_the_copy_and_its_note_lands_nothing_twice(
    desk: Desk, server: WireServer
) -> None:
    command = (*COMMAND[:3], "AAPL", *COMMAND[4:])
    code, said = run_with(DEATH_AFTER_COPY, desk, *command)
    assert code == -signal.SIGKILL, said
    copied = desk.house.query("select count(*) from staging.raw_bars")[0][0]
    assert copied > 0
    assert desk.house.query(f"select count(*) {LANDED}") == [(0,)]

    code, said = desk.run(*command)
    assert code == 0, said
    assert desk.house.query(EVERYTHING) == [(BARS, BARS)]
    assert desk.house.query(f"select count(*) {LANDED}") == [(BARS,)]


def test_load_that_died_between_its_two_folders_goes_on(desk: Desk, server: WireServer) -> None:
    command = (*COMMAND[:3], "AAPL", *COMMAND[4:])
    code, said = run_with(DEATH_AFTER_NORMALIZING, desk, *command)
    assert code == -signal.SIGKILL, said
    assert desk.house.query("select count(*) from staging.raw_bars") == [(0,)]

    code, said = desk.run(*command)
    assert code == 0, said
    assert desk.house.query(EVERYTHING) == [(BARS, BARS)]
    assert desk.house.query(f"select count(*) {LANDED}") == [(BARS,)]


def test_load_that_died_as_it_was_completed_is_completed_once(
    desk: Desk, server: WireServer
) -> None:
    command = (*COMMAND[:3], "AAPL", *COMMAND[4:])
    code, said = run_with(DEATH_AFTER_LEDGER, desk, *command)
    assert code == -signal.SIGKILL, said
    landed = desk.house.query(f"select count(*) {LANDED}")[0][0]
    assert landed > 0

    code, said = desk.run(*command)
    assert code == 0, said
    loads = "select count(*), count(distinct load_id) from staging._dlt_loads"
    ((rows, distinct),) = desk.house.query(loads)
    assert rows == distinct
    assert desk.house.query(f"select count(*) {LANDED}") == [(BARS,)]


def test_commit_that_nobody_heard_of_is_not_repeated(desk: Desk, server: WireServer) -> None:
    code, said = run_with(SILENCE_AFTER_COPY, desk, *COMMAND[:3], "AAPL", *COMMAND[4:])
    assert code == 0, said
    assert desk.house.query(EVERYTHING) == [(BARS, BARS)]
    assert desk.house.query(f"select count(*) {LANDED}") == [(BARS,)]


def test_every_bar_lands_once_through_faults_and_kills(desk: Desk, server: WireServer) -> None:
    house = desk.house
    windows_seen = []
    for goal in (3, 8, 14):  # windows landed before the kill
        seen, before = len(server.requests), answered(house)
        process = desk.start(*COMMAND)
        deadline = time.monotonic() + 120
        while len(answered(house)) < goal and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert process.poll() is None, process.communicate()[0]
        kill(process)
        assert not asked(server, seen) & before
        windows_seen.append(len(before))
    # Each run went on where the one before had been killed.
    assert windows_seen == sorted(set(windows_seen))

    seen, before = len(server.requests), answered(house)
    code, said = desk.run(*COMMAND)
    assert code == 0, said
    assert len(before) >= 14
    assert not asked(server, seen) & before

    totals = house.query(
        f"select count(*), count(distinct (provider_symbol, bar_start_at)) {LANDED}"
    )
    assert totals == [(len(SYMBOLS) * BARS, len(SYMBOLS) * BARS)]
    # Not even where no completed load makes them count: nothing was copied twice.
    unfinished = (
        "select count(*) from staging.raw_bars as b"
        " left join staging._dlt_loads as l on b._dlt_load_id = l.load_id"
        " where l.load_id is null"
    )
    assert house.query(unfinished) == [(0,)]
    failures = "select count(*) from staging.requests where outcome not in ('rows', 'empty')"
    assert house.query(failures) == [(0,)]
    retries = "select sum(retry_count) > 0 from staging.requests"
    assert house.query(retries) == [(True,)]

    seen = len(server.requests)
    code, said = desk.run(*COMMAND)
    assert (code, said.strip().splitlines()[-1]) == (0, "alpaca: nothing new")
    assert asked(server, seen) == set()
