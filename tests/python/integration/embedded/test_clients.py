"""What clients do, unmodified: COPY in every format, pipelines, cursors, big values."""

import io
import shutil
import subprocess
import sys

import psycopg
import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def table(connect):
    """An empty table, dropped at the end."""
    connection = connect()
    connection.execute("drop table if exists loaded; create table loaded (a int, b text)")
    yield connection
    connection.execute("drop table if exists loaded")


def count(connection: psycopg.Connection) -> int:
    row = connection.execute("select count(*) from loaded").fetchone()
    assert row is not None
    return row[0]


def test_copy_text_and_binary_in(table):
    with table.cursor().copy("copy loaded from stdin") as copy:
        for i in range(50_000):
            copy.write_row((i, "x" * 20))
    with table.cursor().copy("copy loaded from stdin (format binary)") as copy:
        copy.set_types(["int4", "text"])
        for i in range(20_000):
            copy.write_row((-i, None))
    assert count(table) == 70_000
    assert table.execute("select sum(a) from loaded where b is not null").fetchone() == (
        sum(range(50_000)),
    )


def test_copy_csv_with_quotes_and_line_ends(table):
    with table.cursor().copy("copy loaded from stdin (format csv, header)") as copy:
        copy.write('a,b\n1,"q""uo,te\nnl"\n')
    assert table.execute("select b from loaded").fetchone() == ('q"uo,te\nnl',)


@pytest.mark.parametrize("how", ["text", "csv", "binary"])
def test_copy_out_and_in_again_gives_the_same(table, how):
    table.execute(
        "insert into loaded select n, repeat('y', n % 50) from generate_series(1, 20000) n"
    )
    with table.cursor().copy(f"copy loaded to stdout (format {how})") as copy:
        data = b"".join(copy)
    before = table.execute("select md5(string_agg(loaded::text, ',' order by a)) from loaded")
    digest = before.fetchone()
    table.execute("truncate loaded")
    with table.cursor().copy(f"copy loaded from stdin (format {how})") as copy:
        copy.write(data)
    after = table.execute("select md5(string_agg(loaded::text, ',' order by a)) from loaded")
    assert after.fetchone() == digest


def test_bad_row_in_copy_is_an_error_and_loads_nothing(table, connect):
    other = connect()
    with (
        pytest.raises(psycopg.errors.InvalidTextRepresentation),
        table.cursor().copy("copy loaded from stdin") as copy,
    ):
        for i in range(50_000):
            copy.write_row(("bad" if i == 100 else i, "x"))
    # Not the same client first: the rest of its data must not keep the backend from others.
    assert other.execute("select 1").fetchone() == (1,)
    assert count(table) == 0


def test_copy_into_missing_table_is_an_error(table):
    with (
        pytest.raises(psycopg.errors.UndefinedTable),
        table.cursor().copy("copy no_such_table from stdin") as copy,
    ):
        copy.write("1\n")
    assert count(table) == 0


def test_exception_in_copy_block_rolls_back(table):
    with (
        pytest.raises(ValueError, match="boom"),
        table.cursor().copy("copy loaded from stdin") as copy,
    ):
        copy.write("1\ta\n")
        raise ValueError("boom")
    assert count(table) == 0


def test_client_killed_in_copy_leaves_nothing(table, server):
    program = f"""
import psycopg
connection = psycopg.connect({server.url()!r}, autocommit=True)
with connection.cursor().copy("copy loaded from stdin") as copy:
    for i in range(100_000_000):
        copy.write_row((i, "x"))
        if i == 50_000:
            print("loading", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as client:
        assert client.stdout is not None
        assert client.stdout.readline() == b"loading\n"
        client.kill()
    assert count(table) == 0


def test_psql_copies(table, server, tmp_path):
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("no psql here")
    file = tmp_path / "rows.csv"
    file.write_text("5,five\n6,six\n")
    commands = [
        "-c",
        rf"\copy loaded from '{file}' csv",
        "-c",
        r"\copy (select * from loaded order by a) to stdout csv",
    ]
    done = subprocess.run(
        [psql, "-X", "-q", "-d", server.url(), *commands], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "5,five\n6,six\n"


def test_psycopg2_copies_and_resets(table, server):
    psycopg2 = pytest.importorskip("psycopg2")
    connection = psycopg2.connect(server.url(), options="-c search_path=public,pg_catalog")
    try:
        cursor = connection.cursor()
        cursor.copy_expert(
            "copy loaded from stdin csv", io.StringIO("".join(f"{i},z\n" for i in range(10_000)))
        )
        connection.commit()
        connection.reset()
        cursor.execute("show search_path")
        assert cursor.fetchone() == ("public,pg_catalog",)
    finally:
        connection.close()
    assert count(table) == 10_000


def test_adbc_ingests_and_reads(table, server):
    dbapi = pytest.importorskip("adbc_driver_postgresql.dbapi")
    pyarrow = pytest.importorskip("pyarrow")
    rows = pyarrow.table({"a": pyarrow.array(range(10_000), pyarrow.int32()), "b": ["w"] * 10_000})
    with dbapi.connect(server.url()) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("loaded", rows, mode="append")
        connection.commit()
        cursor.execute("select a from loaded where a < $1 order by a", parameters=(3,))
        assert cursor.fetch_arrow_table().column("a").to_pylist() == [0, 1, 2]
    assert count(table) == 10_000


def test_sqlalchemy_url_works(server):
    sqlalchemy = pytest.importorskip("sqlalchemy")
    url = server.url(role="pg_read_all_data").replace("postgresql://", "postgresql+psycopg://")
    with sqlalchemy.create_engine(url).connect() as connection:
        assert connection.exec_driver_sql("select current_user").scalar() == "pg_read_all_data"


def test_pipeline_goes_on_after_its_error(table):
    table.execute("alter table loaded add primary key (a)")
    table.cursor().executemany(
        "insert into loaded values (%s, 'many')", [(i,) for i in range(5000)]
    )
    with pytest.raises(psycopg.errors.UniqueViolation), table.pipeline():
        table.execute("insert into loaded values (1)")
        table.execute("insert into loaded values (100000)")
    assert count(table) == 5000


def test_server_side_cursor_streams(table):
    table.execute("insert into loaded select n, 'x' from generate_series(1, 30000) n")
    with table.transaction(), table.cursor(name="reader") as cursor:
        cursor.itersize = 5000
        cursor.execute("select a from loaded")
        assert sum(1 for _ in cursor) == 30_000


def test_value_of_20_mb_goes_both_ways(connect):
    text = "z" * 20_000_000
    assert connect().execute("select %s::text || 'q'", (text,)).fetchone() == (text + "q",)


def test_errors_carry_their_codes_and_abort_the_transaction(connect):
    connection = connect(autocommit=False)
    for statement, error in {
        "selec": psycopg.errors.SyntaxError,
        "select 1/0": psycopg.errors.DivisionByZero,
        "select * from no_such_table": psycopg.errors.UndefinedTable,
    }.items():
        with pytest.raises(error):
            connection.execute(statement)
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("select 1")
        connection.rollback()


def test_notices_reach_the_client(connect):
    connection = connect()
    seen = []
    connection.add_notice_handler(lambda notice: seen.append(notice.message_primary))
    connection.execute("do $$ begin raise notice 'hello'; end $$")
    assert seen == ["hello"]


def test_statement_without_a_name_stays_its_clients_own(connect):
    # As ADBC does: it prepares without a name, and describes and executes in exchanges of their own.
    one, other = connect().pgconn, connect().pgconn
    for pgconn, sql in ((one, b"select 'one' as mine"), (other, b"select 2 as b, 'other' as c")):
        assert pgconn.prepare(b"", sql).status == psycopg.pq.ExecStatus.COMMAND_OK
    for _ in range(2):
        assert one.describe_prepared(b"").nfields == 1
        assert other.describe_prepared(b"").nfields == 2
    assert one.exec_prepared(b"", []).get_value(0, 0) == b"one"
    assert other.exec_prepared(b"", []).get_value(0, 1) == b"other"
