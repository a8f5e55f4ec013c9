"""What Polygon answers: a page, or what went wrong.

The SDK's own reading of a page ends the list without a word when an answer is cut short, is no JSON
or has no ``results``. Here a page is either whole or a fault.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from urllib3 import BaseHTTPResponse, exceptions

from extract.api.feed import Fault, FaultError, FaultKind

_KINDS: Final[Mapping[int, FaultKind]] = {
    401: "refused",
    408: "retry",
    429: "rate_limited",
    499: "retry",
}
_LONGEST_DETAIL: Final = 200


@dataclass(frozen=True)
class Page:
    """One answer.

    Attributes:
        rows: Its records.
        following: Where the next page is, if there is one; only path and query count.
        is_adjusted: Whether aggregates are restated for splits, where the answer says it.
    """

    rows: list[dict[str, Any]]
    following: SplitResult | None
    is_adjusted: bool | None


def page_of(body: bytes, secret: str) -> Page:
    """Read an answer of status 200.

    Args:
        body: As it came.
        secret: Does not appear in the reason of a fault, whatever the answer says.

    Raises:
        FaultError: It is no whole page of records.
    """
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise _broken("that is not JSON") from error
    if not isinstance(answer, dict):
        raise _broken("that is not an object")
    status = answer.get("status")
    if status not in ("OK", "DELAYED"):
        kind: FaultKind = "not_permitted" if status == "NOT_AUTHORIZED" else "retry"
        raise FaultError(Fault(kind, f"an answer with status {status!r}{_detail(answer, secret)}"))
    count = answer.get("resultsCount")
    # Aggregates say that there are none by their count alone. A null is what they say when
    # something is wrong on their side.
    rows = answer.get("results", [] if count == 0 else None)
    if not isinstance(rows, list):
        raise _broken("without results")
    if not all(isinstance(row, dict) for row in rows):
        raise _broken("with a result that is not a record")
    if count is not None and count != len(rows):
        raise _broken(f"with {len(rows)} of {count} results")
    following = answer.get("next_url")
    if not following:
        return Page(rows, None, answer.get("adjusted"))
    if not isinstance(following, str) or not urlsplit(following).query:
        raise _broken("whose next page has no cursor")
    return Page(rows, urlsplit(following), answer.get("adjusted"))


def fault_of_answer(response: BaseHTTPResponse, secret: str) -> Fault:
    """Say what an answer of another status than 200 means.

    Args:
        response: Read to its end.
        secret: See :func:`page_of`.
    """
    try:
        answer = json.loads(response.data)
    except ValueError:
        answer = None
    envelope = answer if isinstance(answer, dict) else {}
    status = response.status
    kind: FaultKind = "retry" if status >= 500 else _KINDS.get(status, "failed")
    # A 403 of anything in between, a firewall say, is not about the plan.
    if status == 403 and envelope.get("status") == "NOT_AUTHORIZED":
        kind = "not_permitted"
    reason = f"HTTP {status} {response.reason or ''}".rstrip() + _detail(envelope, secret)
    retry_after = _retry_after(response.headers) if kind in ("retry", "rate_limited") else None
    return Fault(kind, reason, retry_after)


def fault_of(error: Exception) -> Fault:
    """Say what an exception means; unknown ones are ``failed``.

    Args:
        error: Of ``urllib3``, which the SDK passes on as they are, or of our own.
    """
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, exceptions.NewConnectionError):
        return Fault("retry", f"no connection ({error.__cause__})")
    if isinstance(error, exceptions.TimeoutError):
        is_late = isinstance(error, exceptions.ReadTimeoutError)
        return Fault("retry", f"no {'answer' if is_late else 'connection'} in time")
    if isinstance(error, exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
        return Fault(
            "failed",
            "the server's certificate is not trusted; for a private authority set ca_file",
        )
    if isinstance(error, exceptions.HTTPError):
        # What urllib3 wraps comes last.
        return Fault("retry", f"the connection broke ({_clip(str(error.args[-1]))})")
    # Not the text: an error of the header that holds the key would quote it.
    return Fault("failed", f"{type(error).__name__} while asking")


def _broken(what: str) -> FaultError:
    return FaultError(Fault("retry", f"an answer {what}"))


def _detail(envelope: Mapping[str, Any], secret: str) -> str:
    text = envelope.get("error") or envelope.get("message")
    if not isinstance(text, str):
        return ""
    return f": {_clip(text.replace(secret, '***'))}"


def _clip(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 3]}..."


def _retry_after(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After") or ""
    try:
        seconds = float(text)
    except ValueError:
        # A date, measured by the server's own clock.
        moment, now = _http_date(text), _http_date(headers.get("Date"))
        return max(0.0, (moment - now).total_seconds()) if moment and now else None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _http_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None
