"""Faults of Interactive Brokers: none of them is ever taken for "no data"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ib_kit import AAPL, DAY, Asking, bars_of, fault_of, feed_of, made, pages_of, window
from tws_server import TwsServer, serving_tws
from tws_wire import (
    BARS,
    DETAILS,
    LOST,
    NO_DATA,
    NO_PERMISSION,
    PACING,
    SERVICE,
    Fault,
    error,
    half_an_answer,
    hang_up,
    notice,
    rows,
)

from extract.api.feed import FaultError, Feed, Listing
from extract.sources.interactive_brokers import TERMS


@pytest.fixture
def server() -> Iterator[TwsServer]:
    with serving_tws() as server:
        yield server


@pytest.fixture
def feed(server: TwsServer) -> Iterator[Feed]:
    # Long enough that a test which waits for it does not end.
    with feed_of(server, timeout=60) as feed:
        yield feed


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (*NO_PERMISSION, "not_permitted"),
        (162, f"{SERVICE}API historical data: requires additional subscription", "not_permitted"),
        (354, "Requested market data is not subscribed.", "not_permitted"),
        (10090, "Part of requested market data is not subscribed.", "not_permitted"),
        (200, "No security definition has been found for the request", "failed"),
        (321, "Error validating request.-'bN' : cause - Please enter a valid date", "failed"),
        (162, f"{SERVICE}No historical market data for AAPL/STK@SMART Last 60", "failed"),
        (162, f"{SERVICE}Query failed: server disconnected", "retry"),
        (162, f"{SERVICE}API historical data query cancelled: 3", "retry"),
        (504, "Not connected", "retry"),
        (162, f"{SERVICE}Trading TWS session is connected from a different IP address", "refused"),
    ],
)
def test_an_error_of_a_request_is_told_for_what_it_is(
    feed: Feed, server: TwsServer, code: int, text: str, kind: str
) -> None:
    server.fail_next(BARS, error(code, text))
    fault = fault_of(feed)
    assert (fault.kind, fault.reason) == (kind, f"{text.replace(SERVICE, '')} (error {code})")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        PACING,
        (322, "Error processing request: Only 50 simultaneous API historical data requests"),
        (100, "Max rate of messages per second has been exceeded"),
    ],
)
def test_requests_that_come_too_fast_are_told_to_wait(
    feed: Feed, server: TwsServer, code: int, text: str
) -> None:
    server.fail_next(BARS, error(code, text))
    fault = fault_of(feed)
    assert (fault.kind, fault.retry_after) == ("rate_limited", 60)


def test_the_text_of_no_data_under_another_code_is_an_error(feed: Feed, server: TwsServer) -> None:
    server.fail_next(BARS, error(321, NO_DATA[1]))
    assert fault_of(feed).kind == "failed"


@pytest.mark.parametrize("fault", [hang_up, half_an_answer, notice(*LOST), error(504, "None")])
def test_a_passing_fault_is_asked_again(feed: Feed, server: TwsServer, fault: Fault) -> None:
    server.fail_next(BARS, fault)
    assert bars_of(feed, window()) == made(window())
    assert len(server.of(BARS)) == 2


def test_a_broken_connection_names_host_and_port(feed: Feed, server: TwsServer) -> None:
    server.fail_next(BARS, hang_up)
    fault = fault_of(feed)
    assert (fault.kind, f"127.0.0.1:{server.port} broke" in fault.reason) == ("retry", True)


def test_an_outage_ends_the_requests_that_wait(feed: Feed, server: TwsServer) -> None:
    server.fail_next(BARS, notice(*LOST))
    fault = fault_of(feed)
    assert (fault.kind, "Connectivity" in fault.reason) == ("retry", True)
    assert bars_of(feed, window()) == made(window())
    assert server.connections == 1


def test_an_idle_connection_that_broke_is_opened_again(feed: Feed, server: TwsServer) -> None:
    pages_of(feed, window())
    server.hang_up()
    assert bars_of(feed, window()) == made(window())
    assert server.connections == 2


def test_a_fault_on_a_later_page_is_never_a_short_window(feed: Feed, server: TwsServer) -> None:
    wanted = window(days=5)
    server.market.most = 400
    server.fail_next(BARS, None, error(504, "Not connected"), None)
    assert bars_of(feed, wanted) == made(wanted)
    server.fail_next(BARS, None, error(*NO_PERMISSION))
    assert fault_of(feed, wanted).kind == "not_permitted"


GOOD = [int(DAY.timestamp()), "1", "2", "0.5", "1.5", "10", "1.2", "3"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(rows(GOOD, GOOD, cut=5), id="a row that is cut"),
        pytest.param(rows(GOOD, GOOD, announced=3), id="a row that is missing"),
        pytest.param(rows(GOOD, GOOD, announced=1), id="a row too many"),
        pytest.param(rows(GOOD, announced=0), id="a row where none should be"),
        pytest.param(rows(GOOD, [*GOOD[:4], "", *GOOD[5:]]), id="no close"),
        pytest.param(rows(GOOD, [*GOOD[:4], "null", *GOOD[5:]]), id="a close of null"),
        pytest.param(rows(["yesterday", *GOOD[1:]]), id="a time of words"),
        pytest.param(rows(["20240612 09:30:00 Mars/Base", *GOOD[1:]]), id="an unknown zone"),
    ],
)
def test_a_broken_answer_is_asked_for_again(feed: Feed, server: TwsServer, answer: Fault) -> None:
    server.fail_next(BARS, answer)
    fault = fault_of(feed)
    assert (fault.kind, "a broken answer" in fault.reason) == ("retry", True)
    assert bars_of(feed, window()) == made(window())


def test_an_answer_without_a_contract_is_asked_for_again(feed: Feed, server: TwsServer) -> None:
    # The SDK drops details that it cannot read, and what is left looks like an unknown symbol.
    server.fail_next(DETAILS, lambda talk, message, _answer: talk.send(52, 1, message.fields[2]))
    assert fault_of(feed).kind == "retry"
    assert bars_of(feed, window()) == made(window())
    server.fail_next(DETAILS, lambda talk, message, _answer: talk.send(52, 1, message.fields[2]))
    with pytest.raises(FaultError, match="without a contract"):
        feed.describe("MSFT", "equity", Asking(feed, 1))


def test_a_contract_that_could_not_be_looked_up_is_looked_up_again(
    feed: Feed, server: TwsServer
) -> None:
    server.fail_next(DETAILS, error(504, "Not connected"), error(504, "Not connected"))
    assert fault_of(feed, attempts=2).kind == "retry"
    assert bars_of(feed, window()) == made(window())


def test_a_pair_that_is_none_fails_without_a_request(feed: Feed, server: TwsServer) -> None:
    odd = Listing("EURUSD", "EURUSD", "fx", "FX", "USD")
    assert "no pair such as EUR.USD" in fault_of(feed, window(listing=odd)).reason
    assert server.connections == 0


def test_an_error_nobody_knows_is_told_with_its_name(feed: Feed) -> None:
    fault = feed.fault(RuntimeError("odd\n" * 100))
    assert fault.kind == "failed"
    assert fault.reason.startswith("RuntimeError: odd odd")
    assert len(fault.reason) < 250


def test_the_sdk_keeps_quiet(
    feed: Feed, server: TwsServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture
) -> None:
    server.fail_next(BARS, error(504, "Not connected"), rows(GOOD, cut=2), hang_up)
    assert bars_of(feed, window(), attempts=4) == made(window())
    assert caplog.records == []
    assert capfd.readouterr().err == ""


def test_actions_and_symbol_lists_are_refused(feed: Feed) -> None:
    for call in (
        lambda: feed.actions(window(), Asking(feed)),
        lambda: feed.assets("equity", Asking(feed)),
    ):
        with pytest.raises(FaultError, match="Interactive Brokers"):
            call()
    assert AAPL.asset_class in TERMS.price_basis
