"""Clients share one backend and must not notice: transactions, settings, names, leftovers."""

import threading

import psycopg
import pytest

from barhouse import embedded

pytestmark = pytest.mark.timeout(120)


def value(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement).fetchone()
    assert row is not None
    return row[0]


def test_open_transaction_is_not_seen_by_others(connect):
    connect().execute("drop table if exists shown; create table shown (a int)")
    writer, reader = connect(autocommit=False), connect()
    writer.execute("insert into shown values (1)")
    seen = []
    thread = threading.Thread(
        target=lambda: seen.append(value(reader, "select count(*) from shown"))
    )
    thread.start()
    writer.execute("insert into shown values (2)")
    writer.rollback()
    thread.join(30)
    assert seen == [0]


def test_disconnect_rolls_back(connect):
    connect().execute("drop table if exists gone; create table gone (a int)")
    writer = connect(autocommit=False)
    writer.execute("insert into gone values (1)")
    writer.pgconn.finish()
    assert value(connect(), "select count(*) from gone") == 0


def test_no_update_is_lost_between_eight_clients(connect):
    connect().execute(
        "drop table if exists account; create table account (v int); insert into account values (0)"
    )
    failures: list[Exception] = []

    def work(connection: psycopg.Connection) -> None:
        try:
            for _ in range(20):
                with connection.transaction():
                    old = value(connection, "select v from account")
                    connection.execute("update account set v = %s", (old + 1,))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(connect(),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert value(connect(), "select v from account") == 160


def test_settings_belong_to_their_client(connect):
    one, other = connect(), connect()
    one.execute("set search_path to pg_catalog, public")
    one.execute("set timezone to 'Asia/Tokyo'")
    other.execute("set work_mem = '8MB'")
    for _ in range(3):
        assert value(one, "show search_path") == "pg_catalog, public"
        assert value(other, "show search_path") == '"$user", public'
        assert value(one, "show timezone") == "Asia/Tokyo"
        assert value(other, "show timezone") == "UTC"
        assert value(other, "show work_mem") == "8MB"
        assert value(one, "show work_mem") == "32MB"


@pytest.mark.parametrize("statement", ["reset all", "discard all", "reset search_path"])
def test_reset_goes_back_to_the_start_of_the_connection(connect, statement):
    one = connect(options="-c search_path=pg_catalog,public -c statement_timeout=70s")
    other = connect()
    one.execute("set search_path to public")
    one.execute(statement)
    # another client between: a reset must be settled before the state is put aside
    other.execute("set work_mem = '9MB'")
    assert value(one, "show search_path") == "pg_catalog,public"
    assert value(one, "show statement_timeout") == "70s"
    assert value(one, "show enable_seqscan") == "on"
    assert value(one, "show work_mem") == "32MB"


def test_rolled_back_setting_is_not_kept(connect):
    one, other = connect(), connect()
    one.execute("begin")
    one.execute("set work_mem = '5MB'")
    one.execute("rollback")
    other.execute("select 1")
    assert value(one, "show work_mem") == "32MB"


def test_set_transaction_still_works_after_a_timeout_was_set(connect):
    one = connect()
    one.execute("begin")
    one.execute("set local statement_timeout = '50s'")
    one.execute("set transaction isolation level serializable")
    assert value(one, "show transaction_isolation") == "serializable"
    one.execute("commit")


def test_wrong_startup_setting_refuses_the_client_only(connect):
    broken = connect(options="-c work_mem=lots")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="work_mem"):
        broken.execute("select 1")
    assert value(connect(), "select 1") == 1


def test_prepared_statements_with_the_same_name_do_not_meet(connect):
    one, other = connect(), connect()
    one.prepare_threshold = other.prepare_threshold = 0
    for i in range(10):
        first = one.execute("select 'one' || %s::text", (str(i),)).fetchone()
        second = other.execute("select 'other' || %s::text", (str(i),)).fetchone()
        assert (first, second) == ((f"one{i}",), (f"other{i}",))
    one.execute("prepare same as select 1")
    other.execute("prepare same as select 2")
    assert value(one, "execute same") == 1
    assert value(other, "execute same") == 2
    one.execute("deallocate same")
    assert value(other, "execute same") == 2
    one.execute("prepare same as select 3")
    other.execute("select 1")
    assert value(one, "execute same") == 3


def test_executed_set_config_follows_its_client(connect):
    one, other = connect(), connect()
    one.execute("prepare setter as select set_config('work_mem', $1, false)")
    for size in ("5MB", "6MB"):
        one.execute(f"execute setter('{size}')")
        assert value(other, "show work_mem") == "32MB"
        assert value(one, "show work_mem") == size


def test_temporary_tables_end_with_their_client(connect):
    one, other = connect(), connect()
    one.execute("create temp table mine (x int)")
    other.execute("create temp table yours (x int)")
    one.execute("insert into mine values (1)")
    one.close()
    names = other.execute(
        "select to_regclass('pg_temp.mine') is null, to_regclass('pg_temp.yours') is null"
    ).fetchone()
    for _ in range(50):
        if names == (True, False):
            break
        threading.Event().wait(0.1)  # the server may not have seen the end of the connection yet
        names = other.execute(
            "select to_regclass('pg_temp.mine') is null, to_regclass('pg_temp.yours') is null"
        ).fetchone()
    assert names == (True, False)


def test_real_table_with_the_name_of_a_temporary_one_survives(connect):
    keeper = connect()
    keeper.execute("drop table if exists double; create table double (x int)")
    one = connect()
    one.execute("create temp table double (x int)")
    keeper.execute("select 1")  # the state of `one`, with its temporary table, is put aside
    one.execute("drop table pg_temp.double")
    one.close()
    for _ in range(5):
        keeper.execute("select 1")
        threading.Event().wait(0.1)
    assert value(keeper, "select to_regclass('public.double') is not null") is True


def test_client_idle_in_transaction_is_ended_when_others_wait(data_dir, connect, run_by_hand):
    by_hand = run_by_hand(data_dir, "--idle-transaction-ms", "400").wait_ready()
    sleeper = connect(url=by_hand.url(), autocommit=False)
    sleeper.execute("create table never (a int)")
    assert value(connect(url=by_hand.url()), "select to_regclass('never') is null") is True
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        sleeper.execute("select 1")


def test_client_silent_in_copy_is_ended_when_others_wait(data_dir, connect, run_by_hand):
    by_hand = run_by_hand(data_dir, "--idle-transaction-ms", "400").wait_ready()
    connect(url=by_hand.url()).execute("create table half (a int)")
    loader = connect(url=by_hand.url())
    loader.pgconn.exec_(b"copy half from stdin")
    loader.pgconn.put_copy_data(b"1\n")
    assert value(connect(url=by_hand.url()), "select count(*) from half") == 0


def test_too_many_clients_are_refused(data_dir, connect, run_by_hand):
    by_hand = run_by_hand(data_dir, "--max-clients", "3").wait_ready()
    kept = [connect(url=by_hand.url()) for _ in range(3)]
    with pytest.raises(psycopg.OperationalError, match="too many clients"):
        connect(url=by_hand.url())
    assert value(kept[0], "select 1") == 1


def test_one_server_has_one_database(server: embedded.Server):
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        psycopg.connect(server.url().replace("/bars", "/other"))
