"""The schema of the database: complete, repeatable, walled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from house_kit import ROOT, House
from psycopg import errors

from barhouse.bootstrap import bootstrap, is_bootstrapped
from barhouse.errors import BarhouseError
from extract.landing import SCHEMAS

SQL_TYPES = {
    "string": "text",
    "int64": "bigint",
    "bool": "boolean",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamp(6) with time zone",
    "decimal128(38, 18)": "numeric(38,18)",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "sql_bootstrap", tmp_path / "sql_bootstrap"))


@pytest.mark.parametrize("table", SCHEMAS)
def test_landing_tables_are_the_landing_contract(sample_house: House, table: str) -> None:
    declared = [
        (field.name, SQL_TYPES[str(field.type)], not field.nullable) for field in SCHEMAS[table]
    ]
    found = sample_house.query(
        "select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 order by attnum",
        f"staging.{table}",
    )
    assert found == [*declared, ("_dlt_load_id", "text", True)]


def test_applying_again_changes_nothing(house: House, folder: Path) -> None:
    assert is_bootstrapped(house.url(), folder)
    assert bootstrap(house.url(), folder) == []


def test_base_files_can_be_applied_again_one_by_one(house: House, folder: Path) -> None:
    house.execute("delete from ops.schema_versions")
    applied = bootstrap(house.url(), folder)
    base = sorted(path.name for path in folder.glob("*.sql"))
    migrations = sorted(f"migrations/{path.name}" for path in folder.glob("migrations/*.sql"))
    assert applied == base + migrations


def test_migration_is_applied_once_and_must_not_change(house: House, folder: Path) -> None:
    migration = folder / "migrations" / "0001_add_note.sql"
    migration.write_text("alter table staging.requests add column note text;\n")
    assert bootstrap(house.url(), folder) == ["migrations/0001_add_note.sql"]
    assert bootstrap(house.url(), folder) == []

    migration.write_text("alter table staging.requests add column remark text;\n")
    with pytest.raises(BarhouseError, match=r"0001_add_note\.sql was changed after it was applied"):
        bootstrap(house.url(), folder)


def test_failing_migration_leaves_nothing_and_can_be_repaired(house: House, folder: Path) -> None:
    migration = folder / "migrations" / "0001_two_steps.sql"
    migration.write_text("create table ops.first_step (a integer);\nselect 1 / 0;\n")
    with pytest.raises(BarhouseError, match=r"0001_two_steps\.sql could not be applied: division"):
        bootstrap(house.url(), folder)
    assert house.query("select to_regclass('ops.first_step')") == [(None,)]

    migration.write_text("create table ops.first_step (a integer);\n")
    assert bootstrap(house.url(), folder) == ["migrations/0001_two_steps.sql"]


def test_database_of_a_newer_version_is_refused(house: House, folder: Path) -> None:
    (folder / "migrations" / "0009_from_the_future.sql").write_text("select 1;\n")
    bootstrap(house.url(), folder)
    with pytest.raises(BarhouseError, match="0009_from_the_future"):
        bootstrap(house.url(), ROOT / "sql_bootstrap")


REFUSED = {
    "transformer": [
        "insert into staging.requests select * from staging.requests",
        "delete from staging.raw_bars",
        "create table staging.mine (a integer)",
    ],
    "loader": [
        "update staging.raw_bars set close = 1",
        "delete from staging.raw_bars",
        "truncate staging.raw_bars",
        "select * from core.bars_1d",
        "create table core.mine (a integer)",
    ],
    "analyst": [
        "select * from staging.raw_bars",
        "select * from prep.int_bars__judged",
        "delete from core.bars_1d",
        "create table marts.mine (a integer)",
        "insert into ops.published_loads values ('a', 'b')",
    ],
}


@pytest.mark.parametrize(("role", "sql"), [(r, s) for r, list_ in REFUSED.items() for s in list_])
def test_wall_between_the_layers_holds(sample_house: House, role: str, sql: str) -> None:
    with (
        psycopg.connect(sample_house.url(role), autocommit=True) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(sql.encode())


@pytest.mark.parametrize("schema", ["marts", "core", "quality", "ops"])
def test_analyst_reads_every_published_relation(sample_house: House, schema: str) -> None:
    with psycopg.connect(sample_house.url("analyst"), autocommit=True) as connection:
        relations = connection.execute(
            "select table_name from information_schema.tables where table_schema = %s", (schema,)
        ).fetchall()
        assert relations
        for (name,) in relations:
            connection.execute(f'select * from {schema}."{name}" limit 1'.encode())


def test_unprepared_database_is_refused_with_advice(
    new_house: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    from barhouse.opening import ready_warehouse
    from extract.settings import Settings

    house = new_house()
    url = house.url()
    house.execute("delete from ops.schema_versions")
    foreign = Settings(house.settings.project_dir, house.settings.state_dir, ROOT, database_url=url)
    with pytest.raises(BarhouseError, match="run `barhouse db bootstrap` first"):
        ready_warehouse(foreign)
