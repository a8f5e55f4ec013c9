"""The connection to TWS: threads, event loops, silence, broken ends, and what it is set up with."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ib_kit import DAY, bars_of, connected, fault_of, feed_of, made, pages_of, until, window
from tws_server import TwsServer, serving_tws
from tws_wire import (
    BARS,
    CANCEL_BARS,
    DETAILS,
    ID_TAKEN,
    START,
    Answer,
    Message,
    Talk,
    hang_up,
    late,
    mute,
    notice,
)

from extract.api.feed import Feed, Listing
from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources.interactive_brokers import TERMS, connect

PROJECT = Path(__file__).parents[3]
SHORT = 0.5


@pytest.fixture
def server() -> Iterator[TwsServer]:
    with serving_tws() as server:
        yield server


@pytest.fixture
def feed(server: TwsServer) -> Iterator[Feed]:
    # Long enough that a test which waits for it does not end.
    with feed_of(server, timeout=60) as feed:
        yield feed


def test_many_threads_share_one_connection_beside_a_loop_of_the_main_thread(
    server: TwsServer,
) -> None:
    windows = [window("5m", start_at=DAY + timedelta(days=n), days=1) for n in range(12)]
    ticks = 0

    async def main() -> list[object]:
        nonlocal ticks
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(6) as pool:
            feed = await loop.run_in_executor(pool, connected, server.port)
            work = asyncio.gather(
                *(loop.run_in_executor(pool, bars_of, feed, wanted) for wanted in windows)
            )
            while not work.done():
                ticks += 1
                await asyncio.sleep(0.001)
            feed.close()
        assert asyncio.get_running_loop() is loop
        return await work

    found = asyncio.run(main())
    assert found == [made(wanted) for wanted in windows]
    assert (server.connections, len(server.of(DETAILS)), len(server.of(BARS))) == (1, 1, 12)
    assert ticks > 0


def test_two_feeds_live_beside_each_other(server: TwsServer) -> None:
    with feed_of(server, client_id=1) as one, feed_of(server, client_id=2) as two:
        assert bars_of(one, window()) == bars_of(two, window()) == made(window())
    assert [message.fields[2] for message in server.of(START)] == ["1", "2"]


def test_a_closed_feed_leaves_no_thread_and_says_so(server: TwsServer) -> None:
    feed = connected(server.port)
    pages_of(feed, window())
    feed.close()
    feed.close()
    assert "interactive_brokers" not in [thread.name for thread in threading.enumerate()]
    assert "closed here" in fault_of(feed).reason


def test_the_first_import_may_happen_in_a_worker_thread(server: TwsServer) -> None:
    # A fresh process: the SDK cannot be imported in a thread without an event loop.
    script = f"""
        import sys
        from concurrent.futures import ThreadPoolExecutor
        from extract.sources.interactive_brokers import TERMS
        assert "eventkit" not in sys.modules
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from ib_kit import connected, window, bars_of

        def work(client_id):
            feed = connected({server.port}, client_id=client_id)
            try:
                return len(bars_of(feed, window()))
            finally:
                feed.close()

        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(work, [1, 2])))
    """
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("[390, 390]\n", "")


def test_no_answer_is_a_timeout_that_is_cancelled_at_the_server(server: TwsServer) -> None:
    server.fail_next(BARS, mute)
    with feed_of(server, SHORT) as feed:
        fault = fault_of(feed)
        assert fault.kind == "retry"
        assert fault.reason == f"no answer from 127.0.0.1:{server.port} in time"
        number = server.of(BARS)[0].fields[1]
        until(lambda: server.of(CANCEL_BARS))
    assert [message.fields[2] for message in server.of(CANCEL_BARS)] == [number]


def test_a_server_that_fell_silent_is_connected_to_anew(server: TwsServer) -> None:
    server.fail_next(BARS, mute)
    with feed_of(server, SHORT) as feed:
        assert bars_of(feed, window()) == made(window())
    assert server.connections == 2


def test_the_end_of_an_outage_asks_nothing_of_the_account(feed: Feed, server: TwsServer) -> None:
    def restored(talk: Talk, _message: Message, answer: Answer) -> None:
        talk.error(-1, 1102, "Connectivity has been restored - data maintained.")
        answer()

    server.fail_next(BARS, restored)
    assert bars_of(feed, window()) == bars_of(feed, window()) == made(window())
    assert {message.kind for message in server.messages} == {START, DETAILS, BARS}


def test_a_connection_that_serves_others_is_kept(server: TwsServer) -> None:
    with feed_of(server, SHORT) as feed, ThreadPoolExecutor(1) as pool:
        pages_of(feed, window())
        server.fail_next(BARS, mute, late(SHORT / 5))
        silent = pool.submit(fault_of, feed)
        until(lambda: server.of(BARS)[1:])
        assert bars_of(feed, window("5m")) == made(window("5m"))
        assert silent.result().kind == "retry"
        assert bars_of(feed, window("15m")) == made(window("15m"))
    assert server.connections == 1


def test_a_connection_that_is_given_up_ends_what_others_wait_for(server: TwsServer) -> None:
    server.fail_next(BARS, mute, mute)
    with feed_of(server, SHORT) as feed, ThreadPoolExecutor(1) as pool:
        first = pool.submit(fault_of, feed)
        until(lambda: server.of(BARS))
        threading.Event().wait(SHORT / 3)
        assert "fallen silent" in fault_of(feed, window("5m")).reason
        assert "in time" in first.result().reason


def test_an_answer_that_comes_too_late_is_not_taken_for_another(server: TwsServer) -> None:
    server.fail_next(BARS, late(SHORT * 1.1))
    with feed_of(server, SHORT) as feed:
        assert bars_of(feed, window("5m")) == made(window("5m"))


def test_a_closed_port_is_told_with_host_and_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with_feed = connected(port)
    fault = fault_of(with_feed)
    with_feed.close()
    assert fault.kind == "retry"
    assert fault.reason.startswith(f"127.0.0.1:{port} cannot be reached")


def test_a_server_that_accepts_and_never_answers_is_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        feed = connected(port, SHORT)
        fault = fault_of(feed)
        feed.close()
    assert fault.kind == "retry"
    assert fault.reason.startswith(f"127.0.0.1:{port} does not answer")


def test_a_server_that_never_gets_ready_is_a_timeout() -> None:
    with serving_tws(answers_start=False) as server, feed_of(server, SHORT) as feed:
        assert "does not answer" in fault_of(feed).reason


def test_a_server_that_hangs_up_at_the_handshake_is_not_waited_for(server: TwsServer) -> None:
    server.fail_next(START, hang_up)
    with feed_of(server, 60) as feed:
        fault = fault_of(feed)
        assert (fault.kind, "hung up" in fault.reason) == ("retry", True)
        assert bars_of(feed, window()) == made(window())


def hang_up_on(listening: socket.socket) -> None:
    listening.accept()[0].close()


def test_a_server_that_hangs_up_before_the_handshake_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        pool.submit(hang_up_on, listening)
        feed = connected(listening.getsockname()[1], 60)
        fault = fault_of(feed)
        feed.close()
    assert (fault.kind, "hung up" in fault.reason) == ("retry", True)


def test_what_a_server_says_before_it_hangs_up_is_passed_on(server: TwsServer) -> None:
    def disclaim(talk, message, answer):
        talk.error(-1, 10141, "Paper trading disclaimer must first be accepted")
        talk.hang_up()

    server.fail_next(START, disclaim)
    with feed_of(server, 60) as feed:
        assert "Paper trading disclaimer must first be accepted" in fault_of(feed).reason


def test_a_server_too_old_is_told_at_once() -> None:
    with serving_tws(version=150) as server, feed_of(server, 60) as feed:
        assert "TWS 10 or later" in fault_of(feed).reason


@pytest.mark.parametrize("hangs_up", [True, False])
def test_a_client_id_in_use_is_refused(server: TwsServer, hangs_up: bool) -> None:
    if hangs_up:
        server.take(17)
    else:
        server.fail_next(START, notice(*ID_TAKEN))
    with feed_of(server, 60) as feed:
        fault = fault_of(feed, attempts=3)
    assert fault.kind == "refused"
    assert f"client id 17 at 127.0.0.1:{server.port}" in fault.reason
    assert len(server.of(START)) == 1


def test_our_own_client_id_that_is_still_held_is_waited_for(feed: Feed, server: TwsServer) -> None:
    pages_of(feed, window())
    server.fail_next(BARS, hang_up)
    server.fail_next(START, notice(*ID_TAKEN))
    assert bars_of(feed, window()) == made(window())
    assert len(server.of(START)) == 3


def test_one_attempt_to_connect_serves_all_who_wait() -> None:
    stocks = [Listing(symbol, symbol, "equity", "XNAS", "USD") for symbol in "ABCD"]
    with (
        serving_tws(answers_start=False) as server,
        feed_of(server, SHORT) as feed,
        ThreadPoolExecutor(4) as pool,
    ):
        faults = list(pool.map(lambda stock: fault_of(feed, window(listing=stock)), stocks))
    assert {fault.kind for fault in faults} == {"retry"}
    assert server.connections == 1


def test_a_request_under_way_ends_when_the_feed_is_closed(server: TwsServer) -> None:
    feed = connected(server.port, 60)
    pages_of(feed, window())
    server.fail_next(BARS, mute)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(fault_of, feed)
        until(lambda: server.of(BARS)[1:])
        feed.close()
        assert "closed here" in waiting.result().reason


@pytest.mark.parametrize(
    ("endpoints", "options", "named"),
    [
        ({"port": "web"}, {}, "port"),
        ({"port": "0"}, {}, "port"),
        ({"port": "65536"}, {}, "port"),
        ({}, {"client_id": -1}, "client_id"),
        ({}, {"client_id": True}, "client_id"),
        ({}, {"client_id": "mine"}, "client_id"),
        ({}, {"extended_hours": "yes"}, "extended_hours"),
    ],
)
def test_a_setting_that_cannot_be_right_is_named(
    endpoints: Mapping[str, str], options: Mapping[str, Any], named: str, tmp_path: Path
) -> None:
    with pytest.raises(MisconfiguredError, match=f"`{named}`"):
        connect(Connection(endpoints, {}, options, 1, tmp_path))


def test_the_terms_name_the_variables_of_a_gateway() -> None:
    assert (TERMS.variable_prefix, TERMS.endpoints, TERMS.credentials) == (
        *("IB", ("host", "port")),
        (),
    )
