"""From the warehouse and the lake to what stands in a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg import conninfo
from psycopg.rows import dict_row

from barhouse.api import DataAPI
from barhouse.api.meanings import meant_by, words_of
from barhouse.api.reading import Reader
from barhouse.api.standing import Standing
from barhouse.database import Warehouse
from barhouse.errors import BarhouseError
from barhouse.report import statements
from barhouse.report.charts import charts_of
from barhouse.report.contents import Completeness, Contents, Listing, Row
from barhouse.report.days import completeness_of, since_of
from barhouse.report.lake import lake_listing
from extract.settings import Settings

MOST_DAYS: Final = 366
_CHARTS: Final = 4
_ROWS: Final = 100
_LOADS: Final = 15
_NOT_BUILT: Final = "Nothing is built yet; run `barhouse build`."
_MISSING: Final = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)
Connection = psycopg.Connection[Row]


def gather(
    settings: Settings,
    warehouse: Warehouse,
    symbols: Sequence[str] = (),
    days: int = 90,
    now: datetime | None = None,
) -> Contents:
    """Collect what a report shows.

    Args:
        settings: The project.
        warehouse: The database, bootstrapped.
        symbols: Only these in candles, completeness, quarantine and restatements; none for all,
            and the candles of those with most bars.
        days: How many days of each series, the newest of them, from 1 to 366.
        now: When the report is made; default now.

    Returns:
        The contents; where there is nothing, a sentence says why.

    Raises:
        BarhouseError: A symbol means nothing, the number of days makes no sense, or the database
            does not answer.
    """
    if not 1 <= days <= MOST_DAYS:
        raise BarhouseError(f"--days is {days}; expected 1 to {MOST_DAYS}.")
    ids = _instruments(warehouse, symbols) if symbols else None
    with (
        psycopg.connect(
            warehouse.url("analyst"), autocommit=True, row_factory=dict_row
        ) as connection,
        DataAPI(settings=settings, cache_bytes=0) as api,
    ):
        connection.execute("set timezone = 'UTC'")
        given = {"ids": ids, "days": days, "limit": _ROWS}
        largest = _listed(connection, statements.LARGEST, {"limit": _CHARTS}, "No bars yet.")
        charts = charts_of(api, list(symbols) or _names(largest.rows), days)
        held = _listed(connection, statements.QUARANTINE, given, "No day is or was held back.")
        summary = _listed(connection, statements.SUMMARY, {}, "")
        return Contents(
            made_at=now or datetime.now(UTC),
            database=_place(warehouse),
            days=days,
            summary=summary.rows[0] if summary.rows else {},
            charts=charts,
            charts_instead="" if charts else largest.instead or "No bars yet.",
            completeness=_completeness(connection, given),
            quarantine=held,
            open_count=held.rows[0]["open_count"] if held.rows else 0,
            restatements=_listed(
                connection, statements.RESTATEMENTS, given, "No published bar was ever changed."
            ),
            freshness=_listed(
                connection,
                statements.FRESHNESS,
                {},
                "No series is kept up to date: none was asked for up to now.",
            ),
            loads=_listed(connection, statements.LOADS, {"limit": _LOADS}, "Nothing has landed."),
            database_bytes=_listed(connection, statements.DATABASE, {}, "").rows[0]["size_bytes"],
            hypertables=_listed(connection, statements.HYPERTABLES, {}, "No hypertable yet."),
            schemas=_listed(connection, statements.SCHEMAS, {}, "No table yet."),
            lake=lake_listing(settings),
            lake_place=settings.lake_url or str(settings.lake_dir),
        )


def _instruments(warehouse: Warehouse, symbols: Sequence[str]) -> list[int]:
    with Reader(lambda: warehouse.url("analyst"), 1) as reader:
        return [one.instrument_id for one in meant_by(words_of(symbols), Standing(reader).moment())]


def _names(rows: Sequence[Row]) -> list[str]:
    return [
        f"{row['asset_class']}:{row['symbol']}" if row["is_ambiguous"] else row["symbol"]
        for row in rows
    ]


def _listed(connection: Connection, query: str, given: Mapping[str, Any], instead: str) -> Listing:
    try:
        rows = connection.execute(query.encode(), given).fetchall()
    except _MISSING:
        return Listing(instead=_NOT_BUILT)
    total = rows[0].get("total_count", len(rows)) if rows else 0
    return Listing(rows, total, "" if rows else instead)


def _completeness(connection: Connection, given: Mapping[str, Any]) -> Completeness:
    series = _listed(connection, statements.SERIES, given, _NOT_BUILT)
    if not series.rows:
        return Completeness(instead=series.instead)
    since = since_of(series.rows[0], given["days"])
    days = _listed(
        connection,
        statements.COMPLETENESS,
        {**given, "since": since},
        "No bars are expected: nothing was asked for, or no session is known.",
    )
    return completeness_of(days)


def _place(warehouse: Warehouse) -> str:
    if warehouse.is_embedded:
        return "embedded database"
    given = conninfo.conninfo_to_dict(warehouse.admin_url)
    return "/".join(str(given.get(part, "")) for part in ("host", "dbname")) or "database"
