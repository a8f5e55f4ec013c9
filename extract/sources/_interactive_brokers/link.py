"""One connection to TWS or IB Gateway, from the handshake to its end; it lives on one event loop.

What the SDK's own requests lack is done here: an answer that does not come is cancelled at the
server and told as a time-out instead of as an empty list, so is one that cannot be read, and one
that holds fewer bars than it says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from extract.api.feed import Fault, FaultError
from extract.sources._interactive_brokers.faults import OUTAGES, clip

#: Number of the message that holds historical bars, of its head and of each bar.
_BARS: Final = 17
_HEAD_FIELDS: Final = 5
_BAR_FIELDS: Final = 8


@dataclass(frozen=True)
class Request:
    """A request of the SDK's client.

    Attributes:
        send: Sends it, given the client and the request's number.
        cancel: Takes it back, given the same.
        stays_open: Whether TWS keeps it open after the answer.
    """

    send: Callable[[Any, int], None]
    cancel: Callable[[Any, int], None] | None = None
    stays_open: bool = False


class Link:
    """An open connection. Once it is down it stays down."""

    def __init__(self, ib: Any, where: str) -> None:
        """Take over a connection.

        Args:
            ib: The SDK's ``IB``, connected.
            where: Host and port.
        """
        self._ib = ib
        self._where = where
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        handlers = ib.client.decoder.handlers
        handlers[_BARS] = self._read_strictly(handlers[_BARS])
        ib.errorEvent += self._on_error

    @property
    def is_up(self) -> bool:
        """Whether requests can be made."""
        return bool(self._ib.isConnected())

    async def ask(self, request: Request, patience: float) -> Any:
        """Make a request and return its answer.

        Args:
            request: What to send.
            patience: Seconds to wait for all of the answer.

        Raises:
            RequestError: TWS says that the request failed.
            TimeoutError: There was no answer.
            ConnectionError: The connection ended meanwhile.
            FaultError: The answer cannot be read.
        """
        client = self._ib.client
        number = client.getReqId()
        messages = client.connectionStats().numMsgRecv
        answer = self._waiting[number] = self._ib.wrapper.startReq(number)
        try:
            request.send(client, number)
            async with asyncio.timeout(patience):
                content = await answer
            if request.stays_open and request.cancel:
                request.cancel(client, number)
            return content
        except TimeoutError:
            if self.is_up:
                # Only so many requests may be open at TWS; one that nobody waits for must go.
                if request.cancel:
                    request.cancel(client, number)
                # Not one message, to whomever: the other side is gone without a word.
                if client.connectionStats().numMsgRecv == messages:
                    self.drop("it has fallen silent")
            raise
        finally:
            del self._waiting[number]

    def drop(self, reason: str) -> None:
        """End the connection; requests that wait fail.

        Args:
            reason: One clause.
        """
        # The SDK forgets them without a word when it is we who hang up.
        self._fail_all(ConnectionError(reason))
        self._ib.client.disconnect()

    async def close(self) -> None:
        """End the connection and wait until its socket is closed."""
        self.drop("it was closed here")
        for _ in range(100):
            if not self._ib.client.conn.isConnected():
                return
            await asyncio.sleep(0.01)

    def _on_error(self, _number: int, code: int, text: str, _contract: Any) -> None:
        from ib_insync.wrapper import RequestError

        if code in OUTAGES:
            self._fail_all(RequestError(-1, code, text))

    def _fail_all(self, error: Exception) -> None:
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)

    def _read_strictly(self, read: Callable[[list[str]], None]) -> Callable[[list[str]], None]:
        # The SDK logs what it cannot read and lets the request wait for ever; and of a message with
        # more bars than it announces it takes the first ones.
        def check(fields: list[str]) -> None:
            number, count = int(fields[1]), int(fields[4])
            if len(fields) == _HEAD_FIELDS + count * _BAR_FIELDS:
                try:
                    read(fields)
                except (ValueError, KeyError) as error:
                    problem = clip(str(error))
                else:
                    return
            else:
                problem = f"{count} bars announced, {len(fields)} fields"
            answer = self._waiting.get(number)
            if answer is not None and not answer.done():
                answer.set_exception(
                    FaultError(Fault("retry", f"a broken answer from {self._where} ({problem})"))
                )

        return check
