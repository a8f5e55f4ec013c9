"""What an exception of the SDK, or of what it is built on, means. Imports the SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

from alpaca.common.exceptions import APIError
from requests import exceptions

from extract.api.feed import Fault

#: The first that fits.
_BROKEN: Final = (
    (exceptions.Timeout, "it did not answer in time"),
    (exceptions.InvalidJSONError, "its answer is not JSON"),
    (exceptions.ChunkedEncodingError, "its answer was cut short"),
    (exceptions.ContentDecodingError, "its answer cannot be unpacked"),
)


def fault_of(error: Exception) -> Fault:
    """Say what an exception means.

    Args:
        error: What was raised.
    """
    if isinstance(error, APIError):
        return _fault_of_status(error)
    for kind, reason in _BROKEN:
        if isinstance(error, kind):
            return Fault("retry", reason)
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Fault("failed", "its certificate is signed by nobody we trust; see ca_file")
    if isinstance(error, exceptions.ConnectionError):
        return Fault("retry", f"the connection failed: {_root_of(error)}")
    return Fault("failed", f"{type(error).__name__}: {error}")


def requests_left(headers: Mapping[str, str]) -> tuple[int, float] | None:
    """Read the rate-limit headers, by the server's own clock.

    Args:
        headers: Of an answer.

    Returns:
        Requests left in this minute and seconds until it is over; ``None`` where they do not say.
    """
    try:
        sent_at = parsedate_to_datetime(headers["Date"]).timestamp()
        remaining = int(headers["X-RateLimit-Remaining"])
        return remaining, max(0.0, int(headers["X-RateLimit-Reset"]) - sent_at)
    except (KeyError, ValueError):
        return None


def _fault_of_status(error: APIError) -> Fault:
    response, message = error.response, _message(error)
    status, headers = response.status_code, response.headers
    reason = f"HTTP {status} {response.reason}".strip() + (f": {message}" if message else "")
    if status == 401 or (status == 403 and message.lower() == "forbidden"):
        return Fault("refused", reason)
    if status == 403:
        return Fault("not_permitted", reason)
    if status == 429:
        left = requests_left(headers)
        return Fault("rate_limited", reason, _retry_after(headers) or (left[1] if left else None))
    if status == 408 or status >= 500:
        return Fault("retry", reason, _retry_after(headers))
    return Fault("failed", reason)


def _message(error: APIError) -> str:
    # Proxies answer with whole pages; only Alpaca's own words are worth repeating.
    try:
        told = json.loads(str(error))["message"]
    except (ValueError, TypeError, KeyError):
        return ""
    return " ".join(str(told).split())[:200].rstrip(".")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    told = headers.get("Retry-After", "")
    try:
        if told.strip().isdecimal():
            return float(told)
        sent_at = parsedate_to_datetime(headers["Date"])
        return max(0.0, (parsedate_to_datetime(told) - sent_at).total_seconds())
    except (KeyError, ValueError, TypeError):
        return None


def _root_of(error: BaseException) -> str:
    while error.__context__ is not None:
        error = error.__context__
    return str(error) or type(error).__name__
