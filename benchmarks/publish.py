"""How fast landed bars are judged and published, beside a plain insert of the same rows.

    BARHOUSE_DATABASE_URL=... python -m benchmarks.publish [--symbols 20] [--days 252]

lands generated minutes and then times in each round:

  * ``publish``: `barhouse build`, from its first look at the pending loads to the end of
    ``core.bars_1m``: placing, basis, winners, verdicts, quarantine, gate, upsert, ledgers;
  * ``insert``: the same bars by one plain INSERT ... SELECT from where they landed, instrument
    and session looked up, into an empty hypertable of the same columns, chunks and key:
    nothing is compared, judged or noted;
  * ``copy``: the rows that came out, by one INSERT ... SELECT from a copy of them in the order of
    the key, into such a hypertable.

Takes a bootstrapped database without bars, and leaves the generated ones in it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import datetime
from typing import Any, Final

import psycopg

from barhouse import transform
from barhouse.errors import BarhouseError
from barhouse.opening import ready_warehouse
from benchmarks.copying import PLAIN, make_plain
from benchmarks.generator import Scale
from benchmarks.landing import land_minutes, made_market
from extract.settings import load_settings

FIRST: Final = "int_loads__pending"
LAST: Final = "bars_1m"
SOURCE: Final = "ops.plain_source"
CLONE: Final = (
    f"drop table if exists {SOURCE}",
    (
        f"create unlogged table {SOURCE} as"
        " select * from core.bars_1m order by instrument_id, bar_start_at"
    ),
    f"analyze {SOURCE}",
)
COPY: Final = f"insert into {PLAIN} select * from {SOURCE}"
INSERT: Final = f"""
insert into {PLAIN} (
    instrument_id, bar_start_at, session_date, open, high, low, close, vwap, reported_basis,
    volume, trade_count, session_scope, session_minute, is_regular, is_final, provider,
    provider_priority, feed, request_id, source_row, load_id, loaded_at
)
select
    placed.instrument_id, bars.bar_start_at, sessions.session_date, bars.open, bars.high, bars.low,
    bars.close, bars.vwap, bars.price_basis, bars.volume, bars.trade_count, bars.session_scope,
    extract(epoch from bars.bar_start_at - sessions.open_at)::integer / 60, true, bars.is_final,
    bars.provider, placed.provider_priority, bars.feed, bars.request_id, bars.source_row,
    bars._dlt_load_id, loads.inserted_at
from staging.raw_bars as bars
inner join staging._dlt_loads as loads on bars._dlt_load_id = loads.load_id
inner join prep.int_symbols__placed as placed
    on bars.provider = placed.provider and bars.provider_symbol = placed.provider_symbol
inner join core.sessions as sessions
    on
        placed.exchange = sessions.exchange
        and (bars.bar_start_at at time zone placed.timezone)::date = sessions.session_date
"""
SAME: Final = (
    f"select count(*) from (select * from {PLAIN} except select * from core.bars_1m) as others"
)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--symbols", type=int, default=20)
    parser.add_argument("--days", type=int, default=252)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    settings = load_settings()
    warehouse = ready_warehouse(settings)
    with psycopg.connect(warehouse.url(), autocommit=True) as connection:
        if connection.execute("select 1 from staging.raw_bars limit 1").fetchone():
            raise BarhouseError("The database holds bars already; expected one without any.")
        scale = Scale(given.symbols, given.days, 0, 0, 0, 1, 0)
        market = made_market(settings, warehouse, scale)
        row_count = land_minutes(warehouse, market, 0, given.days)
        rounds = []
        for _round in range(given.rounds):
            rounds.append(_round_of(connection, settings, warehouse))
            sys.stderr.write(f"{rounds[-1]}\n")
    publish, insert, copy, whole = (
        sorted(one[name] for one in rounds)[len(rounds) // 2]
        for name in ("publish", "insert", "copy", "build")
    )
    sys.stdout.write(
        "| bars | publish bars/s | insert rows/s | publish : insert | copy rows/s | publish : copy "
        "| whole build s |\n|---:|---:|---:|---:|---:|---:|---:|\n"
        f"| {row_count:,} | {row_count / publish:,.0f} | {row_count / insert:,.0f} "
        f"| {insert / publish:.2f} | {row_count / copy:,.0f} | {copy / publish:.2f} "
        f"| {whole:.1f} |\n"
    )


def _round_of(connection: psycopg.Connection, settings: Any, warehouse: Any) -> dict[str, float]:
    # Without its hypertable every load is pending again.
    if transform.run_dbt(
        ["--quiet", "run-operation", "drop_hypertable", "--args", "{name: core.bars_1m}"],
        settings,
        warehouse,
    ):
        raise BarhouseError("The hypertable of the last round cannot be dropped; see above.")
    connection.execute("checkpoint")
    started = time.monotonic()
    transform.build(settings, warehouse)
    build = time.monotonic() - started
    publish = _span(settings.state_dir / "dbt" / "run_results.json")
    for statement in CLONE:
        connection.execute(statement.encode())
    insert = _timed(connection, INSERT)
    if connection.execute(SAME.encode()).fetchone() != (0,):
        raise BarhouseError("The plain insert made other rows than the build; expected the same.")
    copy = _timed(connection, COPY)
    connection.execute(f"drop table {PLAIN}, {SOURCE}".encode())
    return {"publish": publish, "insert": insert, "copy": copy, "build": build}


def _timed(connection: psycopg.Connection, statement: str) -> float:
    make_plain(connection)
    started = time.monotonic()
    connection.execute(statement.encode())
    return time.monotonic() - started


def _span(path: Any) -> float:
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    moments: dict[str, list[datetime]] = {}
    for result in results:
        name = result["unique_id"].split(".")[2]
        for step in result["timing"]:
            if step["name"] == "execute" and result["unique_id"].startswith("model."):
                moments[name] = [
                    datetime.fromisoformat(step[key]) for key in ("started_at", "completed_at")
                ]
    return (moments[LAST][1] - moments[FIRST][0]).total_seconds()


if __name__ == "__main__":
    main()
