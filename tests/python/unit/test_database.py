"""URLs of the warehouse in each role."""

from __future__ import annotations

from psycopg import conninfo

from barhouse.database import Warehouse


def test_role_travels_as_a_start_option_that_every_client_reads() -> None:
    url = Warehouse("postgresql://me:p%40ss@db:5433/bars?sslmode=require", False).url("loader")
    given = conninfo.conninfo_to_dict(url)
    assert given["options"] == "-crole=loader"
    assert given["password"] == "p@ss"
    assert given["sslmode"] == "require"
    assert "+" not in url.partition("?")[2]


def test_options_of_the_user_are_kept() -> None:
    url = Warehouse("postgresql://me@db/bars?options=-cstatement_timeout%3D1000", False).url(
        "analyst"
    )
    assert conninfo.conninfo_to_dict(url)["options"] == "-cstatement_timeout=1000 -crole=analyst"


def test_dbt_gets_the_same_database() -> None:
    warehouse = Warehouse("postgresql://me:p%40ss@db:5433/bars?sslmode=require", False)
    assert warehouse.dbt_environment() == {
        "BARHOUSE_PG_HOST": "db",
        "BARHOUSE_PG_PORT": "5433",
        "BARHOUSE_PG_USER": "me",
        "BARHOUSE_PG_DATABASE": "bars",
        "BARHOUSE_PG_SSLMODE": "require",
        "DBT_ENV_SECRET_BARHOUSE_PG_PASSWORD": "p@ss",
    }


def test_databases_are_told_apart_and_passwords_are_no_part_of_it() -> None:
    one = Warehouse("postgresql://me:a@db/bars", False).identity
    assert one == Warehouse("postgresql://you:b@db/bars", False).identity
    assert one != Warehouse("postgresql://me:a@db/other", False).identity
    assert Warehouse("postgresql://me:a@127.0.0.1:1/bars", True).identity == "embedded"
