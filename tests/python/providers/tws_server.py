"""A made-up TWS on 127.0.0.1: the socket protocol as server version 176 speaks it.

It knows every symbol but those that start with ``NOPE``, has bars for all time, and misbehaves on
demand: a fault is put before the next requests of one kind with :meth:`TwsServer.fail_next`.
"""

from __future__ import annotations

import asyncio
import re
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from market_kit import EPOCH
from tws_market import SIZES, Market, Stock
from tws_wire import (
    BARS,
    DETAILS,
    HEAD,
    ID_TAKEN,
    SERVICE,
    START,
    Fault,
    Message,
    Talk,
    bars_fields,
    wire_bar,
)

VERSION = 176
#: Positions, account values, those of several accounts, executions; and how each list ends.
ENDS = {61: 62, 6: 54, 76: 74, 7: 55}


class TwsServer:
    """A TWS with a thread and an event loop of its own; ``messages`` is what came in.

    Args:
        market: What it has bars of.
        stocks: Symbols of which it has something particular to say, or several contracts.
        answers_start: Whether it gets ready for requests; a TWS that waits for a click does not.
        version: What it speaks.
        weather: Faults by count, for long runs: every n-th request for bars meets one.
    """

    def __init__(
        self,
        market: Market | None = None,
        stocks: Mapping[str, Sequence[Stock]] | None = None,
        *,
        answers_start: bool = True,
        version: int = VERSION,
        weather: Mapping[int, Fault] | None = None,
    ) -> None:
        self.market = market or Market()
        self.stocks = stocks or {}
        self.messages: list[Message] = []
        self.connections = 0
        self._answers_start = answers_start
        self._version = version
        self._weather = dict(sorted((weather or {}).items(), reverse=True))
        self._faults: dict[int, deque[Fault | None]] = defaultdict(deque)
        self._taken: set[str] = set()
        self._open: dict[str, Talk] = {}
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._up.wait()

    def fail_next(self, kind: int, *faults: Fault | None) -> None:
        """Meet the next messages of a kind with these, in order; ``None`` lets one through."""
        self._faults[kind].extend(faults)

    def take(self, client_id: int) -> None:
        """Let another program use a client id."""
        self._taken.add(str(client_id))

    def of(self, kind: int) -> list[Message]:
        """The messages of a kind that came in."""
        return [message for message in self.messages if message.kind == kind]

    def hang_up(self) -> None:
        """End all connections."""
        self._loop.call_soon_threadsafe(lambda: [talk.hang_up() for talk in self._open.values()])

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port: int = server.sockets[0].getsockname()[1]
        self._up.set()
        await self._end.wait()
        server.close()
        for talk in self._open.values():
            talk.hang_up()
        await asyncio.sleep(0)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection, talk = self.connections, Talk(writer)
        self._open[str(connection)] = talk
        try:
            assert await reader.readexactly(4) == b"API\0"
            offered = (await _frame(reader)).decode()
            assert re.fullmatch(r"v\d+\.\.\d+.*", offered), offered
            talk.send(self._version, f"{datetime.now(UTC):%Y%m%d %H:%M:%S} EST")
            while True:
                fields = (await _frame(reader)).decode().split("\0")[:-1]
                message = Message(int(fields[0]), fields, connection)
                self.messages.append(message)
                self._meet(talk, message)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            del self._open[str(connection)]
            writer.close()

    def _meet(self, talk: Talk, message: Message) -> None:
        answers = {START: self._start, DETAILS: self._details, BARS: self._bars, HEAD: self._head}
        answer = answers.get(message.kind, self._account)

        def give() -> None:
            answer(talk, message.fields)

        faults = self._faults[message.kind]
        fault = faults.popleft() if faults else self._next_weather(message)
        if fault:
            fault(talk, message, give)
        else:
            give()

    def _next_weather(self, message: Message) -> Fault | None:
        if message.kind != BARS:
            return None
        count = len(self.of(BARS))
        return next((f for every, f in self._weather.items() if count % every == 0), None)

    def _start(self, talk: Talk, fields: Sequence[str]) -> None:
        if fields[2] in self._taken:
            talk.error(-1, *ID_TAKEN)
            talk.hang_up()
        elif self._answers_start:
            talk.send(15, 1, "DU1234567")
            talk.send(9, 1, 1)
            talk.error(-1, 2104, "Market data farm connection is OK:usfarm")

    def _details(self, talk: Talk, fields: Sequence[str]) -> None:
        number, symbol, kind = fields[2], fields[4], fields[5]
        exchange, currency = fields[10], fields[12]
        if symbol.startswith("NOPE") or (kind == "STK" and "/" in symbol):
            talk.error(number, 200, "No security definition has been found for the request")
            return
        known = self.stocks.get(symbol, [Stock(100 + len(symbol))])
        for stock in known:
            primary = stock.exchange if kind == "STK" else ""
            local = f"{symbol}.{currency}" if kind == "CASH" else symbol
            place = exchange or "CBOE"
            hours = "20240612:0930-20240612:1600"
            talk.send(
                *(10, number, symbol, kind, "", "0", "", place, currency, local),
                *("NMS", "NMS", stock.number, "0.01", "", "LMT,MKT", f"SMART,{primary}", 1, 0),
                *(stock.name, primary, "", "Technology", "Computers", "Computers"),
                *("US/Eastern", hours, hours, "", "0", 1, "ISIN", "US0378331005"),
                *(1, "", "", "26,26", "", stock.kind if kind == "STK" else "", "1", "1", "100"),
            )
        talk.send(52, 1, number)

    def _account(self, talk: Talk, fields: Sequence[str]) -> None:
        """The ends of what a client may ask of an account that holds nothing."""
        kind = int(fields[0])
        if kind in ENDS:
            talk.send(ENDS[kind], 1, *({6: fields[3:4], 61: []}.get(kind, fields[2:3])))

    def _head(self, talk: Talk, fields: Sequence[str]) -> None:
        talk.send(88, fields[1], int((self.market.begins_at - EPOCH).total_seconds()))

    def _bars(self, talk: Talk, fields: Sequence[str]) -> None:
        number, symbol, kind = fields[1], fields[3], fields[4]
        end, size, duration, is_regular, shows, form = fields[15:21]
        end_at = _instant(end)
        if end_at is None or size not in SIZES or form != "2":
            text = "Error validating request.-'bN' : cause - Please enter a valid date/time format."
            talk.error(number, 321, text)
            return
        if duration.endswith(" D") and int(duration.split()[0]) > 365:
            text = "Error validating request.-'bN' : cause - Historical data requests for durations"
            talk.error(number, 321, f"{text} longer than 365 days must be made in years.")
            return
        is_fx = kind == "CASH"
        if (shows == "TRADES") is is_fx:
            text = f"{SERVICE}No historical market data for {symbol}/{kind}@SMART Last 60"
            talk.error(number, 162, text)
            return
        hours = "all" if is_fx else "regular" if is_regular == "1" else "extended"
        end_at = min(end_at, datetime.now(UTC))
        start_at = self.market.begin(duration, end_at, hours)
        found = self.market.bars(symbol, size, start_at, end_at, hours)
        if not found:
            talk.error(number, 162, f"{SERVICE}HMDS query returned no data: {symbol}@SMART {shows}")
            return
        wire = [wire_bar(bar, size, is_fx=is_fx) for bar in found[-self.market.most :]]
        talk.send(*bars_fields(number, wire))


def _instant(text: str) -> datetime | None:
    for form in ("%Y%m%d %H:%M:%S UTC", "%Y%m%d-%H:%M:%S"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return await reader.readexactly(length)


def start(market: Market | None = None, **options: Any) -> TwsServer:
    """Start a server; it is to be closed."""
    return TwsServer(market, **options)


@contextmanager
def serving_tws(market: Market | None = None, **options: Any) -> Iterator[TwsServer]:
    """A server for the length of a ``with`` block."""
    server = TwsServer(market, **options)
    try:
        yield server
    finally:
        server.close()
