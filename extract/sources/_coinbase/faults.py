"""What went wrong with a request to Coinbase, and what its headers say about waiting."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

import requests
from requests import exceptions

from extract.api.feed import Fault, FaultError, FaultKind

_KINDS: Final[Mapping[int, FaultKind]] = {
    401: "refused",
    403: "not_permitted",
    408: "retry",
    425: "retry",
    429: "rate_limited",
}
#: A reset from here on is an instant in epoch seconds, before it a number of seconds.
_FIRST_INSTANT: Final = 1_000_000_000
_LONGEST_DETAIL: Final = 200


class Rate(NamedTuple):
    """Requests left in the provider's current period, and seconds until the next one."""

    remaining: int
    reset_after: float


def fault_of(error: Exception) -> Fault:
    """Say what an exception of the SDK means; unknown ones are ``failed``.

    Args:
        error: Of ``requests``, which the SDK passes on as they are, or of our own.
    """
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, exceptions.HTTPError) and error.response is not None:
        return _of_status(error.response)
    return _of_transport(error)


def says_unknown(error: exceptions.HTTPError) -> bool:
    """Whether Coinbase itself says that there is no such product; a 404 alone may be anybody's."""
    response = error.response
    if response is None or response.status_code != 404:
        return False
    return str(_envelope(response).get("error", "")).upper() == "NOT_FOUND"


def rate_told(headers: Mapping[str, str]) -> Rate | None:
    """Return what rate-limit headers say, or ``None`` when there are none to understand.

    Args:
        headers: Of any answer.
    """
    remaining = _number(headers.get("x-ratelimit-remaining"))
    reset_after = _reset_after(headers)
    if remaining is None or reset_after is None:
        return None
    return Rate(int(remaining), reset_after)


def _of_status(response: requests.Response) -> Fault:
    status = response.status_code
    kind: FaultKind = "retry" if status >= 500 else _KINDS.get(status, "failed")
    reason = f"HTTP {status} {response.reason or ''}".rstrip()
    envelope = _envelope(response)
    detail = next(
        (envelope[name] for name in ("message", "error_details", "error") if envelope.get(name)),
        None,
    )
    if isinstance(detail, str):
        reason += f": {_clip(detail)}"
    if status == 401:
        reason += " (signatures hold for two minutes: is this machine's clock right?)"
    retry_after = _retry_after(response.headers) if kind in ("retry", "rate_limited") else None
    return Fault(kind, reason, retry_after)


def _of_transport(error: Exception) -> Fault:
    if isinstance(error, exceptions.JSONDecodeError | exceptions.ContentDecodingError):
        return Fault("retry", "an answer that is not JSON")
    if isinstance(error, exceptions.Timeout):
        what = "connection" if isinstance(error, exceptions.ConnectTimeout) else "answer"
        return Fault("retry", f"no {what} in time")
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Fault(
            "refused",
            "the server's certificate is not trusted; for a private authority set ca_file "
            f"({_cause(error)})",
        )
    if isinstance(error, exceptions.ConnectionError | exceptions.ChunkedEncodingError):
        return Fault("retry", f"the connection broke ({_cause(error)})")
    return Fault("failed", f"{type(error).__name__}: {_clip(str(error))}")


def _envelope(response: requests.Response) -> Mapping[str, Any]:
    try:
        content = response.json()
    except exceptions.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text:
        moment, now = _http_date(text), _http_date(headers.get("date"))
        seconds = max(0.0, (moment - now).total_seconds()) if moment and now else None
    if seconds is None and headers.get("x-ratelimit-remaining") in (None, "0"):
        seconds = _reset_after(headers)
    return seconds


def _reset_after(headers: Mapping[str, str]) -> float | None:
    reset = _number(headers.get("x-ratelimit-reset"))
    if reset is None or reset < _FIRST_INSTANT:
        return reset
    # Measured by the server's own clock; this machine's may be wrong.
    now = _http_date(headers.get("date"))
    return max(0.0, reset - now.timestamp()) if now else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _cause(error: Exception) -> str:
    # requests wraps what urllib3 wrapped; the innermost says what happened.
    inner: Any = error
    while isinstance(inner, Exception):
        deeper = getattr(inner, "reason", None) or next(iter(inner.args), None)
        if not isinstance(deeper, Exception):
            break
        inner = deeper
    return _clip(str(inner)) or type(error).__name__


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 3]}..."
