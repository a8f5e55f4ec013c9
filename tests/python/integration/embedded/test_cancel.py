"""Cancel and statement_timeout: the backend has no timers and no signals, the server stands in."""

import threading
import time

import psycopg
import pytest

pytestmark = pytest.mark.timeout(120)

# writes temporary files: a cancel is heard at the next system call
HEARD = "select count(*) from generate_series(1, 100000000000)"
# no system call inside, so no chance to be heard: the backend has to be restarted
DEAF = "do $$ begin loop perform 1; end loop; end $$"


@pytest.fixture
def url(data_dir, run_by_hand) -> str:
    """A server with little patience."""
    return run_by_hand(data_dir, "--cancel-grace-ms", "300").wait_ready().url()


def cancel_soon(connection: psycopg.Connection) -> threading.Timer:
    timer = threading.Timer(0.3, connection.cancel_safe)
    timer.start()
    return timer


def test_cancel_ends_a_query_without_a_restart(data_dir, connect, run_by_hand):
    by_hand = run_by_hand(data_dir, "--cancel-grace-ms", "60000").wait_ready()
    connection = connect(url=by_hand.url())
    connection.execute("select 1")
    cancel_soon(connection)
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(HEARD)
    assert connection.execute("select 1").fetchone() == (1,)
    assert "restart" not in by_hand.log


def test_cancel_ends_a_query_that_only_computes(connect, url):
    connection, other = connect(url=url), connect(url=url)
    other.execute("set work_mem = '7MB'")
    other.execute("prepare mine as select 7")
    connection.execute("select 1")
    cancel_soon(connection)
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(DEAF)
    # the others stay connected, with their state
    assert other.execute("show work_mem").fetchone() == ("7MB",)
    assert other.execute("execute mine").fetchone() == (7,)


def test_cancel_of_a_waiting_client_spares_the_working_one(connect):
    worker, waiter = connect(autocommit=False), connect()
    worker.execute("select 1")
    cancel_soon(waiter)
    with pytest.raises(psycopg.errors.QueryCanceled):
        waiter.execute("select 2")
    assert worker.execute("select 3").fetchone() == (3,)
    worker.rollback()
    assert waiter.execute("select 4").fetchone() == (4,)


def test_cancel_with_nothing_running_hits_nobody(connect):
    connection, other = connect(), connect()
    connection.execute("select 1")
    for _ in range(5):
        connection.cancel_safe()
        assert other.execute("select 1").fetchone() == (1,)
        assert connection.execute("select pg_sleep(0.01) is null").fetchone() == (False,)


@pytest.mark.parametrize("statement", [HEARD, DEAF])
def test_statement_timeout_ends_the_query(connect, url, statement):
    connection = connect(url=url)
    connection.execute("set statement_timeout = '300ms'")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(statement)


def test_statement_timeout_of_the_url_holds_and_reset_keeps_it(connect, url):
    connection = connect(url=url, options="-c statement_timeout=300ms")
    connection.execute("reset all")
    with pytest.raises(psycopg.errors.QueryCanceled):
        connection.execute(HEARD)


def test_statement_timeout_belongs_to_its_client(connect):
    hasty, patient = connect(), connect()
    hasty.execute("set statement_timeout = '200ms'")
    assert patient.execute("select pg_sleep(0.5) is null").fetchone() == (False,)


def test_local_statement_timeout_ends_with_its_transaction(connect):
    connection = connect()
    with connection.transaction():
        connection.execute("set local statement_timeout = '200ms'")
    assert connection.execute("select pg_sleep(0.5) is null").fetchone() == (False,)


def test_client_that_stops_reading_is_ended_when_others_wait(data_dir, connect, run_by_hand):
    by_hand = run_by_hand(
        data_dir, "--idle-transaction-ms", "500", "--cancel-grace-ms", "300"
    ).wait_ready()
    lazy = connect(url=by_hand.url())
    lazy.pgconn.send_query(
        b"copy (select repeat('x', 1000) from generate_series(1, 2000000)) to stdout"
    )
    time.sleep(0.5)
    assert connect(url=by_hand.url()).execute("select 1").fetchone() == (1,)
