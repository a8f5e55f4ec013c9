"""What the errors of TWS mean. Codes are not enough: 162 is both "no data" and "not allowed"."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import Any, Final

from extract.api.feed import Fault, FaultError, FaultKind

#: Historical data service; only its text says what happened.
HISTORY: Final = 162
UNKNOWN_CONTRACT: Final = 200
CLIENT_ID_TAKEN: Final = 326
#: TWS lost the servers behind it; requests that wait will get no answer.
OUTAGES: Final = (1100, 2110)

#: IB wants so long a pause after requests came too fast; it counts over ten minutes.
PACING_SECONDS: Final = 60.0

_NOT_PERMITTED: Final = (354, 10089, 10090, 10168, 10186, 10187)
_TOO_FAST: Final = (100,)
_PASSING: Final = (*OUTAGES, 504)
_PERMISSION_WORDS: Final = ("permission", "not subscribed", "requires additional subscription")
_PACING_WORDS: Final = ("pacing violation", "simultaneous")
_PASSING_WORDS: Final = ("disconnect", "connectivity", "timed out", "timeout", "query cancelled")
_SERVICE: Final = "Historical Market Data Service error message:"
_LONGEST: Final = 200


def fault_of(error: Exception, where: str) -> Fault:
    """Say what an exception means; unknown ones are ``failed``.

    Args:
        error: Of the SDK, of a socket, or of our own.
        where: Host and port.
    """
    from ib_insync.wrapper import RequestError

    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, RequestError):
        return _of_request(error.code, error.message)
    if isinstance(error, TimeoutError):
        return Fault("retry", f"no answer from {where} in time")
    if isinstance(error, OSError):
        return Fault("retry", f"the connection to {where} broke ({clip(str(error))})")
    if isinstance(error, CancelledError):
        return Fault("retry", f"the connection to {where} was closed here")
    return Fault("failed", f"{type(error).__name__}: {clip(str(error))}")


def says_no_data(error: Any) -> bool:
    """Whether a request's error is the statement that there are no bars, and nothing else.

    Args:
        error: The SDK's ``RequestError``.
    """
    return error.code == HISTORY and "returned no data" in error.message.lower()


def clip(text: str) -> str:
    """Return a text on one line, and not too long.

    Args:
        text: Of anybody.
    """
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _of_request(code: int, message: str) -> Fault:
    text = message.lower()
    kind: FaultKind = "failed"
    retry_after = None
    if code in _TOO_FAST or _has(text, _PACING_WORDS):
        kind, retry_after = "rate_limited", PACING_SECONDS
    elif code in _NOT_PERMITTED or _has(text, _PERMISSION_WORDS):
        kind = "not_permitted"
    elif "different ip address" in text:
        # Somebody is logged in elsewhere with the same user: no request at all gets data.
        kind = "refused"
    elif code in _PASSING or (code == HISTORY and _has(text, _PASSING_WORDS)):
        kind = "retry"
    said = clip(message.replace(_SERVICE, ""))
    return Fault(kind, f"{said} (error {code})", retry_after)


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
