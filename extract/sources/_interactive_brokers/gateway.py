"""What TWS or IB Gateway is asked, for threads: each call is one request and waits for its answer.

All of the SDK runs on one thread of its own. The connection is opened by the first request, and by
the next one after it broke.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from extract.sources._interactive_brokers.faults import says_no_data
from extract.sources._interactive_brokers.link import Link, Request
from extract.sources._interactive_brokers.loop import LoopThread
from extract.sources._interactive_brokers.opening import Address, open_link

#: Bars of a day as dates, all others as seconds since 1970.
_EPOCH_FORMAT: Final = 2


@dataclass(frozen=True)
class History:
    """Which bars.

    Attributes:
        contract: The SDK's, with its number.
        shows: ``TRADES`` or ``MIDPOINT``.
        is_regular: Regular trading hours only.
    """

    contract: Any
    shows: str
    is_regular: bool


class Gateway:
    """TWS or IB Gateway, for threads."""

    def __init__(self, address: Address, timeout: float) -> None:
        """Import the SDK; nothing goes over the wire yet.

        Args:
            address: Where, and as whom.
            timeout: Seconds to wait for the connection and for each answer.

        Raises:
            ImportError: The SDK is not installed.
        """
        self.address = address
        self._timeout = timeout
        self._link: Link | None = None
        self._opening: asyncio.Task[Link] | None = None
        self._thread = LoopThread("interactive_brokers")
        try:
            self._thread.call(_import_sdk())
        except BaseException:
            self._thread.close()
            raise

    def details(self, contract: Any) -> list[Any]:
        """Return what TWS knows of the contracts that fit.

        Args:
            contract: The SDK's, as far as it is known.

        Raises:
            RequestError: Among others, there is none (200).
        """

        def send(client: Any, number: int) -> None:
            client.reqContractDetails(number, contract)

        found: list[Any] = self._ask(Request(send))
        return found

    def head(self, history: History) -> datetime:
        """Return where the history of a contract begins.

        Args:
            history: Which bars.
        """

        def send(client: Any, number: int) -> None:
            client.reqHeadTimeStamp(
                number, history.contract, history.shows, history.is_regular, _EPOCH_FORMAT
            )

        def cancel(client: Any, number: int) -> None:
            client.cancelHeadTimeStamp(number)

        begin: datetime = self._ask(Request(send, cancel, stays_open=True))
        return begin

    def bars(self, history: History, end_at: datetime, duration: str, size: str) -> list[Any]:
        """Return the bars that start before an instant, oldest first, as far back as asked.

        Args:
            history: Which bars.
            end_at: Aware.
            duration: E.g. ``6 D``: six days, or six sessions; TWS is not clear about it.
            size: E.g. ``1 min``.
        """
        from ib_insync.util import formatIBDatetime
        from ib_insync.wrapper import RequestError

        end = formatIBDatetime(end_at)

        def send(client: Any, number: int) -> None:
            client.reqHistoricalData(
                number,
                history.contract,
                end,
                duration,
                size,
                history.shows,
                history.is_regular,
                _EPOCH_FORMAT,
                False,
                [],
            )

        def cancel(client: Any, number: int) -> None:
            client.cancelHistoricalData(number)

        try:
            found: list[Any] = self._ask(Request(send, cancel))
        except RequestError as error:
            if says_no_data(error):
                return []
            raise
        return found

    def close(self) -> None:
        """Hang up and end the thread."""
        try:
            self._thread.call(self._hang_up())
        except ConnectionError:
            return
        self._thread.close()

    def _ask(self, request: Request) -> Any:
        return self._thread.call(self._ask_on_link(request))

    async def _ask_on_link(self, request: Request) -> Any:
        link = await self._open()
        return await link.ask(request, self._timeout)

    async def _open(self) -> Link:
        # One attempt serves all who wait for it.
        if self._link is not None and self._link.is_up:
            return self._link
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._open_anew())
        return await asyncio.shield(self._opening)

    async def _open_anew(self) -> Link:
        try:
            was_open = self._link is not None
            self._link = await open_link(self.address, self._timeout, was_open=was_open)
            return self._link
        finally:
            self._opening = None

    async def _hang_up(self) -> None:
        if self._link is not None:
            await self._link.close()


async def _import_sdk() -> None:
    import ib_insync  # noqa: F401

    # It tells every error to the log as well; here each is told as what became of a window.
    logging.getLogger("ib_insync").setLevel(logging.CRITICAL)
