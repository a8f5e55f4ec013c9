"""A long extract on a bad day: a failing server, and three kills.

    python -m benchmarks.hostile [--symbols 100] [--start 2026-01-01] [--end 2026-06-01]

Alpaca's fake answers 429 to every fifth request, 500 to every seventeenth, hangs up on some and
breaks off others. `barhouse extract` is killed with -9 three times and started again. In the end
every bar must be there exactly once, and no window that counted as landed may have been asked for
again. Uses the database of BARHOUSE_DATABASE_URL, whose staging schema must be empty of Alpaca.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import psycopg

from benchmarks.places import ROOT, bench_project, given_environment, listed_symbols, running_server

BARS_A_DAY = 16 * 60
COUNTS = (
    "select count(*), count(distinct (provider_symbol, bar_start_at)) from staging.raw_bars"
    " where provider = 'alpaca'"
)
WINDOWS = (
    "select count(*), count(distinct (provider_symbol, window_start_at)) from staging.requests"
    " where provider = 'alpaca' and dataset = 'bars'"
)
RETRIES = "select sum(retry_count), round(sum(wait_seconds)) from staging.requests"


def main() -> None:
    """Run, kill, run on, and count."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=100)
    parser.add_argument("--start", type=date.fromisoformat, default=date(2026, 1, 1))
    parser.add_argument("--end", type=date.fromisoformat, default=date(2026, 6, 1))
    given = parser.parse_args()
    days = [given.start + timedelta(days=n) for n in range((given.end - given.start).days)]
    expected = sum(day.weekday() < 5 for day in days) * BARS_A_DAY * given.symbols
    url = os.environ["BARHOUSE_DATABASE_URL"]
    command = [
        *(str(Path(sys.executable).with_name("barhouse")), "extract", "alpaca"),
        *("--symbols", ",".join(listed_symbols(given.symbols)), "--timeframe", "1m"),
        *("--start", str(given.start), "--end", str(given.end), "--only", "bars"),
    ]
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server("alpaca", weather=True) as server,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        environment = given_environment("alpaca", server, bench_project(Path(folder)))

        def landed() -> int:
            row = connection.execute(
                "select coalesce(sum(row_count), 0)::bigint from staging.requests as r"
                " join staging._dlt_loads as l on r._dlt_load_id = l.load_id"
                " where provider = 'alpaca' and dataset = 'bars'"
            ).fetchone()
            return int(row[0]) if row else 0

        for part in (0.2, 0.5, 0.8):
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=ROOT,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
            )
            while landed() < part * expected and process.poll() is None:
                time.sleep(0.2)
            was_running = process.poll() is None
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            sys.stdout.write(f"killed at {landed():,} bars (still running: {was_running})\n")
        code = subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode
        bars, windows, retries = (
            connection.execute(query).fetchone() for query in (COUNTS, WINDOWS, RETRIES)
        )
    seconds = time.monotonic() - began
    sys.stdout.write(f"bars, distinct bars: {bars}; expected {expected:,}\n")
    sys.stdout.write(f"windows, distinct windows: {windows}\n")
    sys.stdout.write(f"requests made again, seconds waited: {retries}\n")
    sys.stdout.write(f"exit code {code}; {seconds:,.0f} s in all\n")
    is_right = bars == (expected, expected) and windows and windows[0] == windows[1] and code == 0
    sys.exit(None if is_right else "Not every bar is there exactly once.")


if __name__ == "__main__":
    main()
