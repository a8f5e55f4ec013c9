"""A warehouse in use takes the newer landing tables in, and dlt goes on landing."""

from __future__ import annotations

import pyarrow as pa
import pytest
from house_kit import ROOT, House
from test_actions_kit import Reporter

from barhouse.bootstrap import bootstrap
from extract import landing, loads, pipelines

ADDED = {
    "raw_splits": ["event_id"],
    "raw_dividends": ["event_id"],
    "requests": [
        "symbol",
        "provider_symbol",
        "feed",
        "dataset",
        "session_scope",
        "settled_until_at",
        "retry_count",
        "wait_seconds",
    ],
}


def without(table: str, schema: pa.Schema) -> pa.Schema:
    return pa.schema([column for column in schema if column.name not in ADDED.get(table, ())])


def test_migrated_landing_tables_take_further_loads_of_the_same_provider(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As version 0.1 left it: without the columns, the table, and our note of the migrations.
    for table, columns in ADDED.items():
        for column in columns:
            house.execute(f"alter table staging.{table} drop column {column} cascade")
    house.execute("drop table staging.raw_assets cascade")
    house.execute("drop table ops.published_bases cascade")
    house.execute(
        "delete from ops.schema_versions where file_name like 'migrations/%' or file_name in"
        " ('40_landing.sql', '50_ledgers.sql', '70_grants.sql')"
    )
    old = {table: without(table, schema) for table, schema in landing.SCHEMAS.items()}
    with monkeypatch.context() as before:
        before.setattr(landing, "SCHEMAS", old)
        before.setattr(pipelines, "SCHEMAS", old)
        before.setattr(pipelines, "_outcomes", lambda _: [])
        before.setattr(loads, "SCHEMAS", old)
        # Version 0.1 froze the columns, and dlt remembers that with the table.
        before.setitem(loads._SCHEMA_CONTRACT, "columns", "freeze")
        Reporter("acme").days({"2024-01-02": "60"}).split("2023-01-03", "2").land(house)

    assert bootstrap(house.url(), ROOT / "sql_bootstrap") == [
        "40_landing.sql",
        "50_ledgers.sql",
        "70_grants.sql",
        "migrations/0001_say_what_a_request_asked_for.sql",
        "migrations/0002_bars_know_their_session_minute.sql",
        "migrations/0003_decide_on_quarantined_days.sql",
        "migrations/0004_know_which_times_bars_cover.sql",
        "migrations/0005_derive_what_was_traded_for.sql",
    ]
    reporter = Reporter("acme").days({"2024-01-03": "30"}).split("2024-01-03", "2", "e1")
    reporter.asset("KO").asked_for_actions("2024-01-01").land(house)
    house.build()
    assert house.query("select event_id from staging.raw_splits order by ex_date") == [
        (None,),
        ("e1",),
    ]
    assert house.query("select dataset from staging.requests where provider = 'acme'") == [
        (None,),
        ("actions",),
    ]
    assert house.query("select count(*) from marts.bars_1d where symbol = 'KO'") == [(2,)]


def test_ledger_of_actions_gets_its_new_columns_from_the_next_build(house: House) -> None:
    Reporter("acme").days({"2024-01-05": "60"}).split("2024-01-08", "2").land(house)
    house.build()
    for column in ("agreement", "provider_count", "reports", "close_before", "open_after"):
        house.execute(f"alter table core.corporate_actions drop column {column} cascade")
    house.build()
    assert house.query("select agreement, reports from core.corporate_actions") == [
        ("single_source", "acme 2 on 2024-01-08")
    ]
