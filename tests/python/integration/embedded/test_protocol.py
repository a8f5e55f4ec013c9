"""What may arrive at a port: strangers, broken clients, wrong passwords."""

import re
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from barhouse import embedded

pytestmark = pytest.mark.timeout(120)

PROTOCOL_3_0 = 196608
PROTOCOL_3_2 = 196610
SSL_REQUEST = 80877103
GSS_REQUEST = 80877104


def packet(code: int, body: bytes = b"") -> bytes:
    return struct.pack(">II", 8 + len(body), code) + body


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack(">I", 4 + len(body)) + body


def startup(protocol: int = PROTOCOL_3_0) -> bytes:
    return packet(protocol, b"user\0postgres\0database\0bars\0\0")


@pytest.fixture
def raw(server: embedded.Server) -> Iterator[Callable[[], socket.socket]]:
    """Open raw sockets to the server."""
    sockets = []

    def open_socket() -> socket.socket:
        sockets.append(socket.create_connection((server.host, server.port), timeout=30))
        return sockets[-1]

    yield open_socket
    for each in sockets:
        each.close()


def read_until(connection: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data


def login(connection: socket.socket, server: embedded.Server) -> None:
    connection.sendall(startup())
    assert connection.recv(9) == message(b"R", struct.pack(">I", 3))
    password = (server.data_dir / "password").read_bytes().strip()
    connection.sendall(message(b"p", password + b"\0"))
    read_until(connection, message(b"Z", b"I"))


def test_encryption_is_declined(raw):
    connection = raw()
    for request in (GSS_REQUEST, SSL_REQUEST):
        connection.sendall(packet(request))
        assert connection.recv(1) == b"N"


def test_newer_protocol_is_negotiated(raw):
    connection = raw()
    connection.sendall(startup(PROTOCOL_3_2))
    assert connection.recv(1) == b"v"


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\0" * 64,
        b"\xff" * 64,
        packet(PROTOCOL_3_0 + (1 << 16), b"user\0x\0\0"),
        packet(PROTOCOL_3_0, b"user\0postgres\0database\0bars\0replication\0true\0\0"),
    ],
)
def test_garbage_gets_an_error_and_the_end(raw, connect, garbage):
    connection = raw()
    connection.sendall(garbage)
    assert b"FATAL" in read_until(connection, b"never")
    assert connect().execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "broken",
    [
        message(b"Z"),
        b"Q" + struct.pack(">I", 2**31 - 1),
        b"Q" + struct.pack(">i", -5),
        b"Q" + struct.pack(">I", 3),
        message(b"p", b"again\0"),
    ],
)
def test_broken_message_ends_its_client_only(raw, server, connect, broken):
    connection = raw()
    login(connection, server)
    connection.sendall(broken)
    assert b"FATAL" in read_until(connection, b"never")
    assert connect().execute("select 1").fetchone() == (1,)


def test_message_may_come_byte_by_byte(raw, server):
    connection = raw()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    login(connection, server)
    for byte in message(b"Q", b"select 'seven'\0"):
        connection.sendall(bytes([byte]))
    assert b"seven" in read_until(connection, message(b"Z", b"I"))


def test_message_without_its_end_harms_nobody(raw, server, connect):
    connection = raw()
    login(connection, server)
    connection.sendall(b"Q" + struct.pack(">I", 1000) + b"select")
    assert connect().execute("select 1").fetchone() == (1,)


def test_copy_data_out_of_place_does_not_keep_the_backend(raw, server, connect):
    connection = raw()
    login(connection, server)
    connection.sendall(message(b"d", b"1\n") + message(b"c") + message(b"H"))
    assert connect().execute("select 1").fetchone() == (1,)
    connection.sendall(message(b"Q", b"select 'still here'\0"))
    assert b"still here" in read_until(connection, message(b"Z", b"I"))


def test_request_sent_with_the_goodbye_does_not_wedge(raw, server, connect):
    connection = raw()
    login(connection, server)
    connection.sendall(message(b"Q", b"select pg_sleep(0.2)\0") + message(b"X"))
    connection.close()
    assert connect().execute("select 1").fetchone() == (1,)


def test_many_half_open_connections_are_no_trouble(raw, connect):
    for _ in range(150):
        raw()
    assert connect().execute("select 1").fetchone() == (1,)


def test_wrong_password_is_refused(server):
    password = (server.data_dir / "password").read_text().strip()
    for wrong in ("wrong", password[:-1], password + "x", "x" * 5000):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url().replace(password, wrong))


def test_no_password_is_refused(server):
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(
            host=server.host, port=server.port, user="postgres", dbname="bars", passfile="/dev/null"
        )


def test_other_user_is_refused(server):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace("//postgres:", "//somebody:"))


def test_query_before_the_password_is_refused(raw):
    connection = raw()
    connection.sendall(startup() + message(b"Q", b"select 1\0"))
    assert b"expected a password" in read_until(connection, b"never")


def test_listens_on_loopback_only(server):
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("no /proc here")
    lines = table.read_text() + Path("/proc/net/tcp6").read_text()
    listening = re.findall(rf"\d+: ([0-9A-F]+):{server.port:04X} \S+ 0A ", lines)
    assert listening == ["0100007F"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_address_that_others_can_reach_is_refused(data_dir, run_by_hand, host):
    by_hand = run_by_hand(data_dir, "--host", host)
    assert by_hand.process.wait(30) == 2
    assert "expected a loopback address" in by_hand.log


def test_taken_port_is_a_clear_error(data_dir, server):
    with pytest.raises(embedded.EmbeddedError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        embedded.start(data_dir, port=server.port)


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_password_file_that_others_can_read_is_refused(data_dir, run_by_hand, mode):
    (data_dir / "password").chmod(mode)
    by_hand = run_by_hand(data_dir)
    assert by_hand.process.wait(30) == 6
    assert "expected 600" in by_hand.log


def test_missing_password_file_is_a_clear_error(data_dir, run_by_hand):
    (data_dir / "password").unlink()
    by_hand = run_by_hand(data_dir)
    assert by_hand.process.wait(30) == 6
    assert "start the server through barhouse" in by_hand.log


def test_wrong_option_is_a_clear_error():
    from barhouse.embedded.node import server_program

    done = subprocess.run(
        [embedded.find_node(), server_program(), "--data", "/nonexistent", "--port", "many"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert 'FATAL: --port is "many", expected a whole number' in done.stderr
