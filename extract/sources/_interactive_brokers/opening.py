"""How a connection to TWS or IB Gateway begins, or why it does not.

The SDK's own way of connecting asks for positions, account values and executions as well, and waits
for a server that has already hung up. Here it is the handshake alone, and its end ends the waiting.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, NamedTuple

from extract.api.feed import Fault, FaultError
from extract.sources._interactive_brokers.faults import CLIENT_ID_TAKEN, clip
from extract.sources._interactive_brokers.link import Link

#: Notes on the state of data farms, not errors.
_NOTES: Final = range(2100, 2200)


class Address(NamedTuple):
    """Where TWS or IB Gateway listens, and as whom we come."""

    host: str
    port: int
    client_id: int

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"


async def open_link(address: Address, patience: float, *, was_open: bool) -> Link:
    """Connect and wait until TWS is ready for requests.

    Args:
        address: Where, and as whom.
        patience: Seconds for all of it.
        was_open: Whether there was a connection before, which TWS may still take for ours.

    Raises:
        FaultError: There is no connection to be had.
    """
    import ib_insync

    sdk: Any = ib_insync
    ib = sdk.IB()
    ib.RaiseRequestErrors = True
    # Its own listener asks for account values after an outage.
    ib.errorEvent.clear()
    said: dict[int, str] = {}
    ended = asyncio.get_running_loop().create_future()

    def end(*_arguments: object) -> None:
        if not ended.done():
            ended.set_result(None)

    def on_error(_number: int, code: int, text: str, _contract: Any) -> None:
        if code not in _NOTES:
            said[code] = clip(text)
        if code == CLIENT_ID_TAKEN:
            end()

    ib.errorEvent += on_error
    # A server too old for the SDK is told here, one that hangs up below.
    ib.client.apiError += end
    ib.client.conn.disconnected += end
    connecting = asyncio.ensure_future(
        ib.client.connectAsync(address.host, address.port, address.client_id, patience)
    )
    try:
        await asyncio.wait(
            (connecting, ended), timeout=patience, return_when=asyncio.FIRST_COMPLETED
        )
        if not connecting.done():
            raise FaultError(_unfinished(address, said, ended.done(), was_open))
        await connecting
    except TimeoutError as error:
        raise FaultError(_unfinished(address, said, False, was_open)) from error
    except OSError as error:
        reason = (
            f"{address.where} cannot be reached ({clip(str(error))}); is TWS or IB Gateway running "
            "there, with API connections enabled?"
        )
        raise FaultError(Fault("retry", reason)) from error
    finally:
        if not ib.isConnected():
            connecting.cancel()
            ib.client.disconnect()
    ib.errorEvent -= on_error
    return Link(ib, address.where)


def _unfinished(address: Address, said: dict[int, str], has_ended: bool, was_open: bool) -> Fault:
    if CLIENT_ID_TAKEN in said:
        # After a connection broke, TWS keeps the id for a while: then it is our own.
        return Fault(
            "retry" if was_open else "refused",
            f"another program uses client id {address.client_id} at {address.where}; give this one "
            "another `client_id` under interactive_brokers in config/providers.yaml",
        )
    what = "hung up" if has_ended else "does not answer"
    details = "; ".join(f"{text} (error {code})" for code, text in said.items())
    return Fault(
        "retry",
        f"{address.where} {what}{f': {details}' if details else ''}; is it TWS 10 or later, and "
        "may this machine connect to its API?",
    )
