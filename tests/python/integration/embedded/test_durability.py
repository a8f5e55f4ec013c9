"""Nothing acknowledged is lost, and nothing half-done is seen, after any kind of end."""

import random
import threading
import time
from contextlib import suppress

import psycopg
import pytest

from barhouse import embedded

pytestmark = pytest.mark.timeout(170)

KILLS = 4
BATCH = 2000

SCHEMA = """
    create table bars (id bigint, bar_at timestamptz not null, symbol text not null, close float8);
    select create_hypertable('bars', by_range('bar_at', interval '1 day'));
    create unique index on bars (id, bar_at);
    create index on bars (symbol, bar_at desc);
    alter table bars set (timescaledb.compress, timescaledb.compress_segmentby = 'symbol');
    create table acknowledged (id bigint primary key);
    create extension amcheck;
"""
AGGREGATE = """
    create materialized view bars_1h with (timescaledb.continuous) as
    select
        time_bucket(interval '1 hour', bar_at) as hour_at, symbol,
        count(*) as bar_count, sum(close) as total
    from bars
    group by 1, 2
    with no data
"""
COMPRESS = "select compress_chunk(c, if_not_compressed => true) from show_chunks('bars') as c"
REFRESH = "call refresh_continuous_aggregate('bars_1h', null, null)"
CHECK_INDEXES = """
    select count(bt_index_check(class.oid, true))
    from pg_index as index
    inner join pg_class as class on class.oid = index.indexrelid
    inner join pg_am as method on method.oid = class.relam
    where method.amname = 'btree' and class.relpersistence = 'p' and index.indisvalid
        and class.relnamespace <> 'pg_catalog'::regnamespace
"""


class Load:
    """Two clients that write until the server is gone, and what was promised to them."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.loaded = 0
        self.failures: list[BaseException] = []

    def insert(self, url: str) -> None:
        """Single rows, each its own commit."""
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                connection.execute("insert into acknowledged values (%s)", (self.acknowledged + 1,))
                self.acknowledged += 1

    def copy(self, url: str) -> None:
        """Batches by COPY, with compression, refreshes and updates between them."""
        with psycopg.connect(url, autocommit=True) as connection:
            while True:
                first = self.loaded
                with (
                    connection.transaction(),
                    connection.cursor().copy("copy bars from stdin") as copy,
                ):
                    for i in range(first, first + BATCH):
                        day = 1 + i // 20_000 % 28
                        at = f"2024-01-{day:02d} {i % 24:02d}:{i % 60:02d}:00+00"
                        copy.write_row((i, at, f"S{i % 10}", float(i)))
                self.loaded = first + BATCH
                step = self.loaded // BATCH
                if step % 5 == 0:
                    connection.execute(REFRESH)
                if step % 7 == 0:
                    connection.execute(COMPRESS)
                if step % 9 == 0:
                    connection.execute("update bars set close = close + 1 where id % 1000 = 7")

    def start(self, url: str) -> list[threading.Thread]:
        """Run both until their connections break."""

        def run(work) -> None:
            try:
                work(url)
            except psycopg.OperationalError:
                pass  # the kill
            except BaseException as error:
                self.failures.append(error)

        threads = [threading.Thread(target=run, args=(work,)) for work in (self.insert, self.copy)]
        for thread in threads:
            thread.start()
        return threads


def check(connection: psycopg.Connection, load: Load) -> None:
    def one(statement: str) -> tuple:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return row

    count, last = one("select count(*), coalesce(max(id), 0) from acknowledged")
    assert count == last
    assert load.acknowledged <= last <= load.acknowledged + 1
    load.acknowledged = last

    bars, distinct = one("select count(*), count(distinct id) from bars")
    assert bars == distinct
    assert bars in (load.loaded, load.loaded + BATCH)
    load.loaded = bars

    connection.execute(REFRESH)
    assert one("select sum(bar_count), sum(total) from bars_1h") == (
        one("select nullif(count(*), 0), sum(close) from bars")
    )
    by_index = one("select count(*) from bars where symbol = 'S3'")
    with connection.transaction():
        for kind in ("indexscan", "bitmapscan", "indexonlyscan"):
            connection.execute(f"set local enable_{kind} = off")
        assert one("select count(*) from bars where symbol = 'S3'") == by_index
    assert one(CHECK_INDEXES)[0] > 0


def test_kill_in_the_middle_of_a_load_loses_nothing_acknowledged(data_dir, run_by_hand):
    chance = random.Random(7)
    load = Load()
    by_hand = run_by_hand(data_dir, "--wal-mb", "32").wait_ready()
    with psycopg.connect(by_hand.url(), autocommit=True) as connection:
        connection.execute(SCHEMA)
        connection.execute(AGGREGATE)
    for kill in range(KILLS):
        threads = load.start(by_hand.url())
        time.sleep(chance.uniform(2, 4))
        by_hand.kill()
        for thread in threads:
            thread.join(30)
        assert load.failures == []
        if kill % 2 == 1:  # and once more, in the middle of the recovery
            again = run_by_hand(data_dir)
            time.sleep(chance.uniform(0.3, 0.8))
            again.kill()
        by_hand = run_by_hand(data_dir, "--wal-mb", "32").wait_ready()
        with psycopg.connect(by_hand.url(), autocommit=True) as connection:
            check(connection, load)
    assert load.acknowledged > 0
    assert load.loaded > 0

    # compressed chunks count the same in the next process
    with psycopg.connect(by_hand.url(), autocommit=True) as connection:
        connection.execute(COMPRESS)
    assert by_hand.terminate() == 0
    by_hand = run_by_hand(data_dir).wait_ready()
    with psycopg.connect(by_hand.url(), autocommit=True) as connection:
        compressed = connection.execute(
            "select count(*) filter (where not is_compressed), count(*) "
            "from timescaledb_information.chunks where hypertable_name = 'bars'"
        ).fetchone()
        assert compressed is not None
        assert compressed[0] == 0
        assert compressed[1] > 0
        check(connection, load)


def test_sigterm_ends_cleanly_in_the_middle_of_work(data_dir, run_by_hand):
    by_hand = run_by_hand(data_dir, "--cancel-grace-ms", "10000").wait_ready()
    url = by_hand.url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table kept (a int); insert into kept values (1)")
    writer = psycopg.connect(url)
    writer.execute("insert into kept values (2)")
    idle = psycopg.connect(url)
    assert by_hand.terminate() == 0
    assert "stopped cleanly" in by_hand.log
    assert not by_hand.server_file.exists()
    for connection in (writer, idle):
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")
    with psycopg.connect(embedded.start(data_dir).url()) as connection:
        assert connection.execute("select array_agg(a) from kept").fetchone() == ([1],)


@pytest.mark.parametrize(
    "statement", ["select count(*) from generate_series(1, 100000000000)", "copy kept from stdin"]
)
def test_sigterm_interrupts_a_statement(data_dir, run_by_hand, statement):
    by_hand = run_by_hand(data_dir, "--cancel-grace-ms", "10000").wait_ready()
    with psycopg.connect(by_hand.url(), autocommit=True) as setup:
        setup.execute("create table kept (a int)")
        busy = psycopg.connect(by_hand.url())
        busy.pgconn.send_query(statement.encode())
        busy.pgconn.flush()
        time.sleep(0.3)
        assert by_hand.terminate() == 0
    assert "stopped cleanly" in by_hand.log


def test_deep_recursion_works_and_endless_recursion_harms_nobody(data_dir, run_by_hand, connect):
    by_hand = run_by_hand(data_dir).wait_ready()
    url = by_hand.url()
    other = connect(url=url)
    other.execute("set work_mem = '9MB'")
    other.execute("create table untouched as select n from generate_series(1, 1000) as n")
    deep = connect(url=url)
    deep.execute("""
        create function sink(n int) returns int language plpgsql as
        $$ begin if n <= 0 then return 0; end if; return 1 + sink(n - 1); end $$
    """)
    assert deep.execute("select sink(1000)").fetchone() == (1000,)
    for statement in (
        "select sink(2000000000)",
        "select " + "(" * 30_000 + "1" + ")" * 30_000,
        f"select ('{'[' * 50_000}{']' * 50_000}')::jsonb is not null",
    ):
        client = connect(url=url)
        with suppress(psycopg.Error):  # an error or a restart: both are clean ends
            client.execute(statement)
        assert other.execute("show work_mem").fetchone() == ("9MB",)
        assert other.execute("select sum(n) from untouched").fetchone() == (500_500,)
    assert connect(url=url).execute("select sink(500)").fetchone() == (500,)
