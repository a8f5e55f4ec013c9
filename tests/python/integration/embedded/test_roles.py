"""A role belongs to its client: it follows it through the pooler and never leaks to another."""

import psycopg
import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def roles(connect):
    """Two roles and two tables: the reader may read one of them."""
    admin = connect()
    admin.execute("""
        do $$
        begin
            if to_regrole('loader') is null then create role loader; end if;
            if to_regrole('role_reader') is null then create role role_reader; end if;
        end
        $$;
        create schema if not exists roles;
        grant usage on schema roles to loader, role_reader;
        create table if not exists roles.secret (a int);
        create table if not exists roles.landed (a int);
        grant select, insert on roles.landed to loader;
    """)
    return admin


def user(connection: psycopg.Connection) -> object:
    row = connection.execute("select current_user").fetchone()
    assert row is not None
    return row[0]


def test_url_sets_the_role(connect):
    assert user(connect(role="loader")) == "loader"
    assert user(connect()) == "postgres"


def test_role_with_blank_and_quote_in_its_name(connect, roles):
    name = 'odd "role\\name'
    quoted = '"' + name.replace('"', '""') + '"'
    roles.execute(f"create role {quoted}")
    try:
        odd = connect(role=name)
        assert user(odd) == name
        odd.close()
    finally:
        roles.execute(f"drop role {quoted}")


def test_role_has_its_rights_only_however_clients_interleave(connect):
    admin, loader = connect(), connect(role="loader")
    for _ in range(3):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            loader.execute("select * from roles.secret")
        admin.execute("insert into roles.secret values (1)")
        loader.execute("insert into roles.landed values (1)")
        assert user(admin) == "postgres"
        assert user(loader) == "loader"


def test_set_role_follows_the_client_and_nobody_else(connect):
    one, other = connect(), connect()
    one.execute("set role role_reader")
    for _ in range(3):
        assert user(other) == "postgres"
        assert user(one) == "role_reader"
    one.execute("set role none")
    assert user(other) == "postgres"
    assert user(one) == "postgres"


def test_set_role_in_a_block_of_code_does_not_leak(connect):
    one, other = connect(), connect()
    one.execute("do $$ begin set role role_reader; end $$")
    assert user(other) == "postgres"
    assert user(one) == "role_reader"


def test_session_authorization_follows_the_client(connect):
    one, other = connect(), connect()
    one.execute("set session authorization role_reader")
    for _ in range(2):
        assert user(other) == "postgres"
        assert one.execute("select session_user, current_user").fetchone() == (
            "role_reader",
            "role_reader",
        )
    one.execute("reset session authorization")
    assert user(other) == "postgres"
    assert user(one) == "postgres"


@pytest.mark.parametrize("statement", ["reset role", "discard all"])
def test_reset_goes_back_to_the_role_of_the_url(connect, statement):
    one, other = connect(role="loader"), connect()
    one.execute("set role role_reader")
    one.execute(statement)
    assert user(other) == "postgres"
    assert user(one) == "loader"


def test_reset_all_keeps_the_role(connect):
    one, other = connect(role="loader"), connect()
    one.execute("reset all")
    other.execute("select 1")
    assert user(one) == "loader"


def test_local_role_ends_with_its_transaction(connect):
    one, other = connect(), connect()
    with one.transaction():
        one.execute("set local role role_reader")
        assert user(one) == "role_reader"
    assert user(other) == "postgres"
    assert user(one) == "postgres"


def test_settings_of_a_role_are_restored_with_it(connect):
    one, other = connect(role="loader"), connect()
    one.execute("set search_path to roles")
    other.execute("select 1")
    one.execute("insert into landed values (2)")
    assert user(one) == "loader"


def test_prepared_statement_of_a_role_survives_a_switch(connect):
    one, other = connect(role="loader"), connect()
    one.prepare_threshold = 0
    for _ in range(3):
        assert one.execute("select %s::text || current_user", ("I am ",)).fetchone() == (
            "I am loader",
        )
        assert user(other) == "postgres"


def test_prepared_set_role_does_not_leak(connect):
    one, other = connect(), connect()
    one.prepare_threshold = 0
    for _ in range(3):
        # the second time only its name is sent
        one.execute("set role role_reader")
        assert user(other) == "postgres"
        assert user(one) == "role_reader"
        one.execute("set role none")
        assert user(other) == "postgres"
        assert user(one) == "postgres"


def test_temporary_table_of_a_role_is_dropped(connect):
    one, other = connect(role="loader"), connect(role="role_reader")
    one.execute("create temp table role_temporary (a int)")
    assert user(other) == "role_reader"
    one.close()
    watcher = connect()
    for _ in range(100):
        left = watcher.execute("select to_regclass('pg_temp.role_temporary')").fetchone()
        if left == (None,):
            break
    assert left == (None,)
    assert user(other) == "role_reader"


def test_dropped_role_ends_its_client_and_never_runs_as_superuser(connect, roles):
    roles.execute("create role short_lived")
    one = connect(role="short_lived")
    assert user(one) == "short_lived"
    roles.execute("drop role short_lived")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="short_lived"):
        one.execute("select * from roles.secret")
    assert user(roles) == "postgres"


def test_unknown_role_is_refused(connect):
    stranger = connect(role="nobody_knows_me")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="nobody_knows"):
        stranger.execute("select * from roles.secret")


def test_role_is_kept_when_the_backend_restarts(connect, data_dir, run_by_hand):
    by_hand = run_by_hand(data_dir, "--cancel-grace-ms", "100").wait_ready()
    admin = connect(url=by_hand.url())
    admin.execute("create role loader")
    loader = connect(url=by_hand.url("loader"))
    assert user(loader) == "loader"
    busy = connect(url=by_hand.url())
    busy.execute("set statement_timeout = '200ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        busy.execute("do $$ begin loop perform 1; end loop; end $$")
    assert user(loader) == "loader"
    assert user(admin) == "postgres"
