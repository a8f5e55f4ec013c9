"""First boot, restart, and the self-check before the first client."""

import json
import time
from pathlib import Path

import psycopg
import pytest

from barhouse import embedded

pytestmark = pytest.mark.timeout(180)

HYPERTABLE = """
    create table ticks (
        tick_at timestamptz not null, symbol text not null, price double precision
    );
    select create_hypertable('ticks', by_range('tick_at', interval '1 day'));
    alter table ticks set (timescaledb.compress, timescaledb.compress_segmentby = 'symbol');
    insert into ticks
    select timestamptz '2024-01-01 00:00+00' + n * interval '1 minute', 'S' || n % 5, n
    from generate_series(0, 9999) as n;
"""
AGGREGATE = """
    create materialized view ticks_1h with (timescaledb.continuous) as
    select time_bucket(interval '1 hour', tick_at) as hour_at, symbol, count(*) as tick_count
    from ticks
    group by 1, 2
    with no data
"""


def test_first_start_gives_timescale_in_database_bars(connect):
    connection = connect()
    version = connection.execute(
        "select extversion from pg_extension where extname = 'timescaledb'"
    ).fetchone()
    assert version is not None
    assert version[0].startswith("2.")
    assert connection.execute("select current_database()").fetchone() == ("bars",)


def test_capability_is_reported(server):
    description = json.loads((server.data_dir / "server.json").read_text())
    assert description["timescaledb"].startswith("2.")
    log = (server.data_dir / "server.log").read_text()
    assert f"TimescaleDB {description['timescaledb']}" in log
    assert "compression and continuous aggregates checked" in log


def test_settings_are_those_of_a_normal_server(connect):
    connection = connect()
    for name, expected in {
        "search_path": '"$user", public',
        "enable_seqscan": "on",
        "exit_on_error": "off",
        "allow_system_table_mods": "off",
        "client_min_messages": "notice",
        "timezone": "UTC",
        "fsync": "on",
    }.items():
        assert connection.execute(f"show {name}").fetchone() == (expected,), name


def test_compressed_count_is_right_after_restart(data_dir):
    with psycopg.connect(embedded.start(data_dir).url(), autocommit=True) as connection:
        connection.execute(HYPERTABLE)
        connection.execute(AGGREGATE)
        connection.execute("call refresh_continuous_aggregate('ticks_1h', null, null)")
        connection.execute("select compress_chunk(c) from show_chunks('ticks') as c")
    assert embedded.stop(data_dir)

    with psycopg.connect(embedded.start(data_dir).url(), autocommit=True) as connection:
        compressed = connection.execute(
            "select count(*) filter (where is_compressed), count(*) "
            "from timescaledb_information.chunks where hypertable_name = 'ticks'"
        ).fetchone()
        assert compressed is not None
        assert compressed[0] == compressed[1] > 0
        assert connection.execute("select count(*) from ticks").fetchone() == (10_000,)
        connection.execute("insert into ticks values ('2024-01-01 12:00+00', 'S1', 1)")
        connection.execute("call refresh_continuous_aggregate('ticks_1h', null, null)")
        total = connection.execute("select sum(tick_count) from ticks_1h").fetchone()
        assert total == (10_001,)


def test_selfcheck_leaves_nothing_behind(data_dir):
    counts = []
    for _ in range(2):
        with psycopg.connect(embedded.start(data_dir).url()) as connection:
            rows = connection.execute("select count(*) from barhouse_selfcheck.readings")
            chunks = connection.execute(
                "select count(*) from show_chunks('barhouse_selfcheck.readings')"
            )
            counts.append((rows.fetchone(), chunks.fetchone()))
        embedded.stop(data_dir)
    assert counts == [((101,), (2,))] * 2


def test_wrong_compressed_numbers_stop_the_server(data_dir):
    with psycopg.connect(embedded.start(data_dir).url(), autocommit=True) as connection:
        connection.execute(
            "delete from barhouse_selfcheck.readings where reading_at < '2020-01-01 00:10+00'"
        )
    embedded.stop(data_dir)
    with pytest.raises(embedded.EmbeddedError, match="self-check failed: a compressed chunk has"):
        embedded.start(data_dir)
    assert embedded.status(data_dir) is None
    assert not (data_dir / "server.json").exists()


def test_broken_aggregate_stops_the_server_with_its_own_code(data_dir, run_by_hand):
    with psycopg.connect(embedded.start(data_dir).url(), autocommit=True) as connection:
        connection.execute(
            "insert into barhouse_selfcheck.readings values ('2020-01-02 01:00+00', 'x', 5)"
        )
    embedded.stop(data_dir)
    by_hand = run_by_hand(data_dir)
    assert by_hand.process.wait(60) == 5
    assert "FATAL: self-check failed: after a refresh" in by_hand.log


def test_dropped_selfcheck_is_made_again(data_dir):
    with psycopg.connect(embedded.start(data_dir).url(), autocommit=True) as connection:
        connection.execute("drop schema barhouse_selfcheck cascade")
    embedded.stop(data_dir)
    with psycopg.connect(embedded.start(data_dir).url()) as connection:
        rows = connection.execute("select count(*) from barhouse_selfcheck.readings")
        assert rows.fetchone() == (101,)


@pytest.mark.parametrize("delay_seconds", [0.6, 2.0])
def test_first_boot_that_was_killed_is_done_again(
    tmp_path: Path, template_dir: Path, run_by_hand, delay_seconds: float
):
    path = tmp_path / "db"
    path.mkdir(mode=0o700)
    password = path / "password"
    password.touch(0o600)
    password.write_text((template_dir / "password").read_text())
    by_hand = run_by_hand(path)
    time.sleep(delay_seconds)
    by_hand.kill()
    assert not (path / ".initialised").exists()
    with psycopg.connect(embedded.start(path).url()) as connection:
        assert connection.execute(
            "select count(*) from barhouse_selfcheck.readings"
        ).fetchone() == (101,)
    embedded.stop(path)
